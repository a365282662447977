//! Stacked areas: how shares of all change as time goes on.

use super::axis::{Axis, time_step};
use super::chart::{Line, Panel};
use super::frame::{self, EDGE, Entry, Mark, Sizes};
use super::palette::{Colour, Palette};
use super::svg::{Anchor, Canvas, Path, Pattern, Role, Type};
use super::text::{self, Weight};
use super::{Curves, Options, Rendered, Width};
use crate::labels::{self, Lang};

/// Probabilities that add up to 1 as areas on each other, the first at the bottom.
///
/// Every area is a step function with the same times; what is not finite or below 0 counts as 0. Areas that are 0 everywhere are left out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Areas {
    /// Unique in a page; a file name.
    pub id: String,
    /// Title, one sentence at most.
    pub title: String,
    /// Second line: population, base, period. May be empty.
    pub subtitle: String,
    /// Label of the times, such as "Måneder". May be empty.
    pub x_label: String,
    /// Label of the values, such as "Procent af alle forløb". May be empty.
    pub y_label: String,
    /// Title of the legend. May be empty.
    pub legend: String,
    /// The areas from the bottom; limits are for the table of numbers.
    pub areas: Vec<Line>,
    /// The last time shown; the last of all if absent.
    pub x_max: Option<f64>,
    /// Colours.
    pub palette: Palette,
    /// A note below the figure. May be empty.
    pub note: String,
}

impl Areas {
    /// An empty chart with an id.
    pub fn named(id: &str) -> Self {
        Self { id: id.to_owned(), ..Self::default() }
    }

    /// The same numbers as curves, for a table of them.
    pub(crate) fn as_curves(&self) -> Curves {
        Curves {
            legend: self.legend.clone(),
            panels: vec![Panel { lines: self.drawn().cloned().collect(), ..Panel::default() }],
            x_max: self.x_max,
            ..Curves::named(&self.id)
        }
    }

    /// Areas that are not 0 everywhere.
    fn drawn(&self) -> impl Iterator<Item = &Line> {
        self.areas.iter().filter(|area| area.estimate.iter().any(|&value| height(value) > 0.0))
    }

    fn end(&self) -> f64 {
        let times = self.areas.iter().flat_map(|area| &area.time).copied();
        let last = times.filter(|time| time.is_finite()).fold(0.0, f64::max);
        self.x_max.filter(|max| max.is_finite() && *max > 0.0 && *max < last).unwrap_or(last)
    }
}

fn height(value: f64) -> f64 {
    if value.is_finite() { value.max(0.0) } else { 0.0 }
}

/// Where the plot lies.
struct Plot {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    time: Axis,
}

impl Plot {
    fn x(&self, time: f64) -> f64 {
        self.left + self.time.part(time).clamp(0.0, 1.0) * (self.right - self.left)
    }

    fn y(&self, share: f64) -> f64 {
        self.bottom - share.clamp(0.0, 1.0) * (self.bottom - self.top)
    }
}

pub(super) fn render(chart: &Areas, options: Options) -> Rendered {
    let width = options.width.units();
    let sizes = Sizes::of(options.width);
    let mut canvas = Canvas::default();
    let mut y = frame::heading(&mut canvas, options, &chart.title, &chart.subtitle);
    let areas: Vec<&Line> = chart.drawn().collect();
    let colours: Vec<Colour> = areas
        .iter()
        .enumerate()
        .map(|(i, area)| chart.palette.colour(&area.key, i, areas.len()))
        .collect();
    let direct = options.width == Width::Page && !areas.is_empty();
    if !direct {
        let entry = |(area, &colour): (&&Line, &Colour)| Entry {
            mark: Mark::Square,
            colour,
            label: area.label.clone(),
        };
        // The legend reads as the areas lie, from the top.
        let mut entries: Vec<Entry> = areas.iter().zip(&colours).map(entry).collect();
        entries.reverse();
        y = frame::legend(&mut canvas, options, y, &chart.legend, &entries);
    }
    if !chart.y_label.is_empty() {
        y += 12.0;
        canvas.text(EDGE, y, Type::new(sizes.small, Role::Mute), &chart.y_label);
        y += 4.0;
    }
    let names: Vec<Vec<String>> = areas
        .iter()
        .map(|area| text::wrap(&area.label, sizes.text, Weight::Regular, LABEL))
        .collect();
    let widest = names.iter().flatten().map(|line| text::width(line, sizes.text, Weight::Regular));
    let label_room = if direct { 44.0 + widest.fold(0.0, f64::max).min(LABEL + 20.0) } else { 6.0 };
    let (left, right) = (EDGE + 40.0, width - EDGE - label_room);
    let end = chart.end();
    let apart = |axis: &Axis| axis.labels_fit(right - left, sizes.small, options.lang);
    let plot = Plot {
        left,
        right,
        top: y + 8.0,
        bottom: y + 8.0 + if options.width == Width::Page { 320.0 } else { 250.0 },
        time: Axis::time(0.0, end, time_step(0.0, end, apart)),
    };
    let last = stack(&mut canvas, &areas, &colours, &plot, options.lang);
    axes(&mut canvas, &plot, areas.is_empty(), options);
    if direct {
        direct_labels(&mut canvas, &plot, &last, &colours, &names, sizes);
    }
    let mut y = plot.bottom + 18.0;
    if !chart.x_label.is_empty() {
        y += 16.0;
        let kind = Type::new(sizes.text, Role::Mute).anchor(Anchor::Middle);
        canvas.text(f64::midpoint(plot.left, plot.right), y, kind, &chart.x_label);
    }
    let height = frame::note(&mut canvas, options, y, &chart.note);
    let description = describe(&areas, end, options.lang);
    let svg = canvas.finish(&chart.id, width, height, &chart.title, &description);
    Rendered { svg, width, height }
}

/// Widest line of a label beside the areas.
const LABEL: f64 = 148.0;

/// Draws the areas; gives the lower and upper edge of each at the end.
fn stack(
    canvas: &mut Canvas,
    areas: &[&Line],
    colours: &[Colour],
    plot: &Plot,
    lang: Lang,
) -> Vec<(f64, f64)> {
    let Some(first) = areas.first() else { return Vec::new() };
    let times: Vec<f64> =
        first.time.iter().copied().take_while(|time| *time <= plot.time.max).collect();
    let mut below = vec![0.0; times.len()];
    let mut ends = Vec::with_capacity(areas.len());
    for (area, &colour) in areas.iter().zip(colours) {
        let value = |i: usize| height(area.estimate.get(i).copied().unwrap_or(0.0));
        let above: Vec<f64> = below.iter().enumerate().map(|(i, low)| low + value(i)).collect();
        let mut path = Path::default();
        let upper = corners(&times, &above, plot);
        let lower = corners(&times, &below, plot);
        for (i, &(x, y)) in upper.iter().chain(lower.iter().rev()).enumerate() {
            if i == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        if !path.data().is_empty() {
            path.close();
            canvas.area(path.data(), colour, 1.0);
            let last = labels::percent(value(times.len() - 1) * 100.0, 1, lang);
            let mut edge = Path::default();
            for (i, &(x, y)) in upper.iter().enumerate() {
                if i == 0 { edge.move_to(x, y) } else { edge.line_to(x, y) }
            }
            // A hair of paper between neighbours, and the name under the pointer.
            canvas.stroke(
                edge.data(),
                Colour(0xff, 0xff, 0xff),
                0.6,
                Pattern::Solid,
                &format!("{}: {last}", area.label),
            );
        }
        let end = |edge: &[f64]| edge.last().copied().unwrap_or(0.0);
        ends.push((end(&below), end(&above)));
        below = above;
    }
    ends
}

/// The corners of a step function up to the end of the axis.
fn corners(times: &[f64], values: &[f64], plot: &Plot) -> Vec<(f64, f64)> {
    let mut corners = Vec::with_capacity(2 * times.len());
    for (i, (&time, &value)) in times.iter().zip(values).enumerate() {
        corners.push((plot.x(time), plot.y(value)));
        let next = times.get(i + 1).copied().unwrap_or(plot.time.max);
        corners.push((plot.x(next), plot.y(value)));
    }
    corners
}

fn axes(canvas: &mut Canvas, plot: &Plot, empty: bool, options: Options) {
    let small = Type::new(Sizes::of(options.width).small, Role::Mute);
    for quarter in 0..=4 {
        let share = f64::from(quarter) / 4.0;
        let y = plot.y(share);
        canvas.rule((plot.left - 3.0, y), (plot.left, y), 1.0, Role::Rule);
        let text = labels::percent(share * 100.0, 0, options.lang);
        canvas.text(plot.left - 6.0, y + 3.5, small.anchor(Anchor::End), &text);
    }
    canvas.rule((plot.left, plot.bottom), (plot.right, plot.bottom), 1.0, Role::Rule);
    for &tick in &plot.time.ticks {
        let x = plot.x(tick);
        canvas.rule((x, plot.bottom), (x, plot.bottom + 4.0), 1.0, Role::Rule);
        let text = labels::number(tick, plot.time.decimals, options.lang);
        canvas.text(x, plot.bottom + 16.0, small.anchor(Anchor::Middle), &text);
    }
    if empty {
        let middle = (f64::midpoint(plot.left, plot.right), f64::midpoint(plot.top, plot.bottom));
        let text = options.lang.pick("Ingen data", "No data");
        canvas.text(middle.0, middle.1, small.anchor(Anchor::Middle), text);
    }
}

/// Labels beside the end of the areas, at their heights.
fn direct_labels(
    canvas: &mut Canvas,
    plot: &Plot,
    ends: &[(f64, f64)],
    colours: &[Colour],
    names: &[Vec<String>],
    sizes: Sizes,
) {
    const LINE: f64 = 13.0;
    let mut blocks: Vec<(f64, f64)> = ends
        .iter()
        .zip(names)
        .map(|(&(low, high), lines)| {
            (plot.y(f64::midpoint(low, high)), LINE * lines.len().max(1) as f64 + 4.0)
        })
        .collect();
    blocks.reverse();
    let mut middles = frame::spread(&blocks, plot.top - 6.0, plot.bottom + 6.0);
    middles.reverse();
    blocks.reverse();
    let x = plot.right + 18.0;
    for (i, lines) in names.iter().enumerate() {
        let (wanted, middle) = (blocks[i].0, middles[i]);
        canvas.rule((plot.right + 2.0, wanted), (x - 4.0, middle), 0.75, Role::Rule);
        canvas.swatch(x, middle - 5.0, 10.0, colours[i]);
        let first = middle + 4.0 - LINE * (lines.len().max(1) - 1) as f64 / 2.0;
        for (row, line) in lines.iter().enumerate() {
            let y = first + LINE * row as f64;
            canvas.text(x + 15.0, y, Type::new(sizes.text, Role::Ink), line);
        }
    }
}

/// The shares at the end in words, for those who hear the page.
fn describe(areas: &[&Line], end: f64, lang: Lang) -> String {
    let one = |area: &&Line| {
        let place = area.time.partition_point(|&time| time <= end).saturating_sub(1);
        let value = area.estimate.get(place).copied().unwrap_or(f64::NAN);
        format!("{} {}", area.label, labels::percent(value * 100.0, 1, lang))
    };
    let all: Vec<String> = areas.iter().map(one).collect();
    let time = labels::number(end, 0, lang);
    match lang {
        Lang::Da => format!("Efter {time}: {}.", all.join("; ")),
        Lang::En => format!("After {time}: {}.", all.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::{self, Chart};

    fn area(key: &str, label: &str, estimate: [f64; 3]) -> Line {
        Line {
            key: key.into(),
            label: label.into(),
            time: vec![0.0, 6.0, 12.0],
            estimate: estimate.to_vec(),
            ..Line::default()
        }
    }

    fn sample() -> Areas {
        Areas {
            title: "Test <1>".into(),
            areas: vec![
                area("employment", "Beskæftigelse", [0.0, 0.25, 0.5]),
                area("flex_job", "Fleksjob", [0.0; 3]),
                area("dagpenge", "Dagpenge", [1.0, 0.75, f64::NAN]),
            ],
            ..Areas::named("test")
        }
    }

    #[test]
    fn areas_lie_on_each_other() {
        let chart = Chart::Areas(sample());
        let one = figure::render(&chart, Options::inline(Lang::En, Width::Page)).svg;
        assert_eq!(one, figure::render(&chart, Options::inline(Lang::En, Width::Page)).svg);
        assert!(one.contains("After 12: Beskæftigelse 50.0%; Dagpenge –."), "{one}");
        assert!(!one.contains("Fleksjob") && !one.contains("NaN"));
        // The plot is 320 high and ends at 334: nothing, then a quarter up at the half of the time, another at the end.
        let first = one.lines().find(|line| line.starts_with("<path")).unwrap();
        assert!(first.contains(" 334h") && first.contains("v-80h"), "{first}");
        assert!(first.contains("v-80v160h"), "{first}");
        let png = figure::to_png(&one, 1.0).unwrap();
        assert!(!png.is_empty());
    }

    #[test]
    fn phones_get_a_legend_and_no_data_a_word() {
        let chart = Chart::Areas(sample());
        let phone = figure::render(&chart, Options::inline(Lang::Da, Width::Phone)).svg;
        assert!(phone.contains(">Dagpenge<"));
        let empty = figure::render(&Chart::Areas(Areas::named("x")), Options::page(Lang::Da)).svg;
        assert!(empty.contains("Ingen data"));
    }
}
