//! Stacked bars with value labels.

use super::axis::Axis;
use super::chart::{Scale, Series, StackedBars};
use super::frame::{self, EDGE, Entry, Mark, Sizes};
use super::palette::Colour;
use super::svg::{Anchor, Canvas, Role, Type};
use super::text::{self, Weight};
use super::{Options, Rendered, Width};
use crate::labels::{self, Lang};

/// Where the plot lies.
struct Plot {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    axis: Axis,
}

impl Plot {
    fn y(&self, value: f64) -> f64 {
        self.bottom - self.axis.part(value) * (self.bottom - self.top)
    }
}

pub(super) fn render(chart: &StackedBars, options: Options) -> Rendered {
    let width = options.width.units();
    let sizes = Sizes::of(options.width);
    let mut canvas = Canvas::default();
    let mut y = frame::heading(&mut canvas, options, &chart.title, &chart.subtitle);

    let colours: Vec<Colour> = (0..chart.series.len())
        .map(|i| chart.palette.colour(&chart.series[i].key, i, chart.series.len()))
        .collect();
    // One series needs no legend.
    let labelled =
        chart.series.len() > 1 && chart.series.iter().any(|series| !series.label.is_empty());
    let direct = options.width == Width::Page && labelled;
    if !direct && labelled {
        let entries: Vec<Entry> = chart
            .series
            .iter()
            .zip(&colours)
            .map(|(series, &colour)| Entry {
                mark: Mark::Square,
                colour,
                label: series.label.clone(),
            })
            .collect();
        y = frame::legend(&mut canvas, options, y, "", &entries);
    }
    if !chart.y_label.is_empty() {
        y += 12.0;
        canvas.text(EDGE, y, Type::new(sizes.small, Role::Mute), &chart.y_label);
        y += 4.0;
    }

    let labels: Vec<Vec<String>> = chart
        .series
        .iter()
        .map(|series| text::wrap(&series.label, sizes.text, Weight::Regular, 148.0))
        .collect();
    let label_room = if direct {
        let widest = labels
            .iter()
            .flatten()
            .map(|line| text::width(line, sizes.text, Weight::Regular))
            .fold(0.0, f64::max);
        44.0 + widest.min(170.0)
    } else {
        0.0
    };
    let plot = Plot {
        left: EDGE + if chart.scale == Scale::Number { 52.0 } else { 40.0 },
        right: width - EDGE - label_room,
        top: y + 8.0,
        bottom: y + 8.0 + if options.width == Width::Page { 310.0 } else { 270.0 },
        axis: value_axis(chart),
    };
    axis(&mut canvas, chart, options, &plot);
    let bars = Bars::of(chart, &plot);
    for (place, category) in chart.categories.iter().enumerate() {
        bars.draw(&mut canvas, chart, options, &plot, &colours, place, category);
    }
    canvas.rule((plot.left, plot.bottom), (plot.right, plot.bottom), 1.0, Role::Rule);
    if direct {
        direct_labels(&mut canvas, chart, &plot, &bars, &colours, &labels, sizes);
    }
    let mut y = plot.bottom + 18.0;
    if !chart.x_label.is_empty() {
        y += 16.0;
        let middle = f64::midpoint(plot.left, plot.right);
        let kind = Type::new(sizes.text, Role::Mute).anchor(Anchor::Middle);
        canvas.text(middle, y, kind, &chart.x_label);
    }
    let height = frame::note(&mut canvas, options, y, &chart.note);
    let svg = canvas.finish(&chart.id, width, height, &chart.title, &describe(chart, options.lang));
    Rendered { svg, width, height }
}

/// The parts of a value that can be drawn.
fn drawn(value: Option<&f64>) -> f64 {
    value.copied().filter(|v| v.is_finite() && *v > 0.0).unwrap_or(0.0)
}

/// A value with its unit.
fn shown(chart: &StackedBars, value: f64, decimals: usize, lang: Lang) -> String {
    match chart.scale {
        Scale::Probability => labels::percent(value, decimals, lang),
        Scale::Number => labels::number(value, decimals, lang),
    }
}

fn total(chart: &StackedBars, place: usize) -> f64 {
    chart.series.iter().map(|series| drawn(series.values.get(place))).sum()
}

fn value_axis(chart: &StackedBars) -> Axis {
    let highest = (0..chart.categories.len()).map(|place| total(chart, place)).fold(0.0, f64::max);
    if chart.scale == Scale::Probability && highest > 50.0 && highest < 100.5 {
        Axis { min: 0.0, max: 100.0, ticks: vec![0.0, 25.0, 50.0, 75.0, 100.0], decimals: 0 }
    } else {
        Axis::nice(0.0, highest, 5)
    }
}

fn axis(canvas: &mut Canvas, chart: &StackedBars, options: Options, plot: &Plot) {
    let small = Sizes::of(options.width).small;
    let kind = Type::new(small, Role::Mute).anchor(Anchor::End);
    for &tick in &plot.axis.ticks {
        let y = plot.y(tick);
        if tick > 0.0 {
            canvas.rule((plot.left, y), (plot.right, y), 1.0, Role::Grid);
        }
        let text = shown(chart, tick, plot.axis.decimals, options.lang);
        canvas.text(plot.left - 6.0, y + 3.5, kind, &text);
    }
    if chart.categories.is_empty() {
        let kind = Type::new(small, Role::Mute).anchor(Anchor::Middle);
        let middle = (f64::midpoint(plot.left, plot.right), f64::midpoint(plot.top, plot.bottom));
        canvas.text(middle.0, middle.1, kind, options.lang.pick("Ingen data", "No data"));
    }
}

/// Places of the bars along the axis.
struct Bars {
    slot: f64,
    width: f64,
    left: f64,
}

impl Bars {
    fn of(chart: &StackedBars, plot: &Plot) -> Self {
        let slot = (plot.right - plot.left) / chart.categories.len().max(1) as f64;
        Self { slot, width: (slot * 0.8).min(72.0), left: plot.left }
    }

    fn middle(&self, place: usize) -> f64 {
        self.left + (place as f64 + 0.5) * self.slot
    }

    #[expect(clippy::too_many_arguments, reason = "one bar needs all of the figure's parts")]
    fn draw(
        &self,
        canvas: &mut Canvas,
        chart: &StackedBars,
        options: Options,
        plot: &Plot,
        colours: &[Colour],
        place: usize,
        category: &str,
    ) {
        let phone = options.width == Width::Phone;
        let sizes = Sizes::of(options.width);
        let decimals = if phone && plot.axis.max > 50.0 { 0 } else { chart.decimals };
        let (x, middle) = (self.middle(place) - self.width / 2.0, self.middle(place));
        let mut below = 0.0;
        for (series, &colour) in chart.series.iter().zip(colours) {
            let value = drawn(series.values.get(place));
            let (low, high) = (plot.y(below), plot.y(below + value));
            below += value;
            let height = low - high;
            if height <= 0.0 {
                continue;
            }
            let exact = shown(chart, value, chart.decimals.max(1), options.lang);
            let hint = format!("{category} · {}: {exact}", series.label);
            // A hair of paper between the parts keeps neighbours apart without relying on colour.
            let gap = if height > 2.0 { 0.5 } else { 0.0 };
            canvas.bar(x, high + gap, self.width, height - 2.0 * gap, colour, &hint);
            let text = labels::number(value, decimals, options.lang);
            // Low parts get smaller numbers, very low ones none.
            let size = [10.0, 8.5].into_iter().find(|&size| {
                let wide = text::width(&text, size, Weight::Regular);
                height >= size + 1.4 && wide <= self.width - 2.0
            });
            if let Some(size) = size {
                let kind = Type::new(size, Role::Ink).anchor(Anchor::Middle);
                let centre = f64::midpoint(low, high);
                // One number a bar stands where the bar ends.
                let at = if chart.series.len() > 1 { centre } else { centre.min(high + size) };
                let base = at + size * 0.36;
                canvas.text_on(middle, base, kind, colour, &text);
            }
        }
        let fits = |size: &f64| text::width(category, *size, Weight::Regular) + 6.0 <= self.slot;
        let label_size = [sizes.text, sizes.small].into_iter().find(fits).unwrap_or(9.0);
        let kind = Type::new(label_size, Role::Ink).anchor(Anchor::Middle);
        canvas.text(middle, plot.bottom + 16.0, kind, category);
    }
}

/// Legend labels beside the last bar, at the height of its parts.
fn direct_labels(
    canvas: &mut Canvas,
    chart: &StackedBars,
    plot: &Plot,
    bars: &Bars,
    colours: &[Colour],
    labels: &[Vec<String>],
    sizes: Sizes,
) {
    const LINE: f64 = 13.0;
    let last = chart.categories.len().saturating_sub(1);
    let mut below = 0.0;
    let mut blocks: Vec<(f64, f64)> = Vec::with_capacity(chart.series.len());
    for (series, lines) in chart.series.iter().zip(labels) {
        let value = drawn(series.values.get(last));
        blocks.push((plot.y(below + value / 2.0), LINE * lines.len().max(1) as f64 + 4.0));
        below += value;
    }
    blocks.reverse();
    let mut middles = frame::spread(&blocks, plot.top - 6.0, plot.bottom + 6.0);
    middles.reverse();
    blocks.reverse();
    let end = bars.middle(last) + bars.width / 2.0;
    let x = plot.right + 18.0;
    for (i, lines) in labels.iter().enumerate() {
        let (wanted, middle) = (blocks[i].0, middles[i]);
        canvas.rule((end + 3.0, wanted), (x - 4.0, middle), 0.75, Role::Rule);
        canvas.swatch(x, middle - 5.0, 10.0, colours[i]);
        let first = middle + 4.0 - LINE * (lines.len().max(1) - 1) as f64 / 2.0;
        for (row, line) in lines.iter().enumerate() {
            canvas.text(
                x + 15.0,
                first + LINE * row as f64,
                Type::new(sizes.text, Role::Ink),
                line,
            );
        }
    }
}

/// All values in words, for those who hear the page.
fn describe(chart: &StackedBars, lang: Lang) -> String {
    let one = |series: &Series| {
        let values: Vec<String> = chart
            .categories
            .iter()
            .zip(&series.values)
            .map(|(category, &value)| {
                format!("{category} {}", shown(chart, value, chart.decimals, lang))
            })
            .collect();
        format!("{}: {}.", series.label, values.join("; "))
    };
    chart.series.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::{self, Chart, Palette};

    fn sample() -> StackedBars {
        StackedBars {
            title: "Test <1>".into(),
            categories: vec!["2011".into(), "2012".into()],
            series: vec![
                Series::new("employment", "Beskæftigelse & mere", vec![60.0, f64::NAN]),
                Series::new("other", "Andet", vec![40.0, 30.0]),
            ],
            palette: Palette::Exits,
            ..StackedBars::named("test")
        }
    }

    #[test]
    fn same_bytes_twice_and_decimal_comma() {
        let chart = Chart::StackedBars(sample());
        let one = figure::render(&chart, Options::page(Lang::Da));
        assert_eq!(one, figure::render(&chart, Options::page(Lang::Da)));
        assert!(one.svg.contains(">60,0<"));
        assert!(one.svg.contains("Test &lt;1&gt;") && one.svg.contains("&amp; mere"));
        assert!(!one.svg.contains("NaN"));
        let png = figure::to_png(&one.svg, 1.0).unwrap();
        assert_eq!(png, figure::to_png(&one.svg, 1.0).unwrap());
    }

    #[test]
    fn bars_reach_the_height_of_their_values() {
        let svg =
            figure::render(&Chart::StackedBars(sample()), Options::inline(Lang::En, Width::Page))
                .svg;
        // 60 of 100 on 310 units, less a hair of 0.5 at both ends.
        assert!(svg.contains("height=\"185\""), "{svg}");
        assert!(svg.contains("height=\"123\""), "{svg}");
    }

    #[test]
    fn small_shares_get_a_small_axis() {
        let mut chart = sample();
        chart.series = vec![Series::new("education", "E", vec![2.0, 1.9])];
        assert!(value_axis(&chart).max < 3.0);
        chart.series = vec![Series::new("education", "E", vec![85.0, 60.0])];
        assert!((value_axis(&chart).max - 100.0).abs() < 1e-12);
    }

    #[test]
    fn empty_and_ragged_input_is_drawn() {
        for width in [Width::Page, Width::Phone] {
            let options = Options { heading: true, ..Options::inline(Lang::Da, width) };
            let empty = figure::render(&Chart::StackedBars(StackedBars::named("x")), options);
            assert!(empty.svg.contains("Ingen data"));
            let mut ragged = sample();
            ragged.series[0].values.clear();
            ragged.series[1].values = vec![f64::INFINITY, -3.0, 5.0];
            let svg = figure::render(&Chart::StackedBars(ragged), options).svg;
            assert!(!svg.contains("inf") && !svg.contains("NaN"));
            figure::to_png(&svg, 1.0).unwrap();
        }
    }
}
