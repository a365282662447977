use super::super::Width;
use super::super::geometry::assert_tidy;
use super::*;
use crate::figure::{self, Chart, RiskRow};
use crate::labels::Lang;

fn line(key: &str) -> Line {
    Line {
        key: key.into(),
        label: format!("Gruppe {key}"),
        time: vec![1.0, 2.0, 4.0],
        estimate: vec![0.1, 0.2, 0.25],
        low: vec![0.08, 0.17, 0.2],
        high: vec![0.12, 0.23, 0.3],
        ..Line::default()
    }
}

fn risk(key: &str) -> RiskRow {
    RiskRow {
        key: key.into(),
        label: format!("Gruppe {key}"),
        time: vec![1.0, 2.0, 4.0],
        n: vec![4000.0, 1000.0, 10.0],
    }
}

fn sample(panels: usize) -> Curves {
    let panel = Panel {
        title: "Beskæftigelse".into(),
        lines: vec![line("1"), line("2")],
        at_risk: vec![risk("1"), risk("2")],
    };
    Curves { title: "Test".into(), panels: vec![panel; panels], ..Curves::named("t") }
}

#[test]
fn steps_hold_their_value_until_the_next_time() {
    let chart = sample(1);
    let l = line("1");
    let got = runs(&chart, &l.time, &[&l.estimate], 3.0);
    let want = [(0.0, [0.0]), (1.0, [0.0]), (1.0, [0.1]), (2.0, [0.1]), (2.0, [0.2]), (3.0, [0.2])];
    assert_eq!(got, [want.to_vec()]);
}

#[test]
fn gaps_break_lines_and_bands() {
    let chart = Curves { step: false, ..sample(1) };
    let time = [0.0, 1.0, 2.0, 3.0, 4.0];
    let value = [0.0, 0.1, f64::NAN, 0.3, 0.4];
    let got = runs(&chart, &time, &[&value], 9.0);
    assert_eq!(got, [vec![(0.0, [0.0]), (1.0, [0.1])], vec![(3.0, [0.3]), (4.0, [0.4])]]);
}

#[test]
fn risk_table_is_drawn_once_for_one_risk_set() {
    for (panels, heading) in [(1, "Antal i risiko<"), (3, "Antal i risiko, fælles for panelerne")]
    {
        let svg = figure::render(&Chart::Curves(sample(panels)), Options::page(Lang::Da)).svg;
        assert_eq!(svg.matches(heading).count(), 1, "{panels}");
        assert_eq!(svg.matches(">4.000<").count() % 2, 0);
    }
    let mut chart = sample(2);
    chart.panels[1].at_risk[0].n[0] = 5000.0;
    let svg = figure::render(&Chart::Curves(chart), Options::page(Lang::En)).svg;
    assert_eq!(svg.matches("Number at risk<").count(), 1);
    assert!(svg.contains(">5,000<") && svg.contains(">4,000<"));
}

#[test]
fn same_bytes_twice() {
    let chart = Chart::Curves(sample(3));
    for width in [Width::Page, Width::Phone] {
        let options = Options::inline(Lang::Da, width);
        let one = figure::render(&chart, options);
        assert_eq!(one, figure::render(&chart, options));
        assert_eq!(figure::to_png(&one.svg, 1.0).unwrap(), figure::to_png(&one.svg, 1.0).unwrap());
    }
}

#[test]
fn empty_and_broken_input_is_drawn() {
    let mut broken = sample(1);
    broken.panels[0].lines[0].estimate = vec![f64::NAN; 3];
    broken.panels[0].lines[1].time.clear();
    broken.panels[0].lines.push(Line { time: vec![f64::NAN, f64::INFINITY], ..line("3") });
    broken.panels[0].at_risk[0].n = vec![f64::NAN];
    let bare = Curves {
        panels: vec![Panel::default()],
        x_max: Some(-1.0),
        x_step: Some(0.0),
        ..Curves::named("b")
    };
    for chart in [broken, bare, Curves::named("empty")] {
        for width in [Width::Page, Width::Phone] {
            let options = Options { heading: true, ..Options::inline(Lang::Da, width) };
            let svg = figure::render(&Chart::Curves(chart.clone()), options).svg;
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            figure::to_png(&svg, 1.0).unwrap();
        }
    }
}

#[test]
fn wild_bands_do_not_flatten_the_curves() {
    let mut chart = sample(1);
    chart.panels[0].lines[0].high[2] = 1.0;
    assert!(value_axis(&chart, &chart.panels).max <= 40.0);
}

/// An effect near 0 whose limits are wide all along: the axis holds them. One that explodes at the last time is cut, and no dotted line runs
/// along the end of the axis.
#[test]
fn wide_limits_are_on_the_axis() {
    let mut chart = sample(1);
    let wide = |size: f64| [-size, -size, -1.1 * size].to_vec();
    let high = |size: f64| [size, size, 1.1 * size].to_vec();
    chart.panels[0].lines = vec![Line {
        estimate: vec![0.001, -0.002, 0.003],
        low: wide(0.04),
        high: high(0.04),
        outline: (wide(0.05), high(0.05)),
        ..line("1")
    }];
    let axis = value_axis(&chart, &chart.panels);
    assert!(axis.min <= -5.5 && axis.max >= 5.5, "{axis:?}");
    chart.panels[0].lines[0].outline.1[2] = 9.0;
    let axis = value_axis(&chart, &chart.panels);
    assert!(axis.max <= 10.0 && !axis.holds(900.0), "{axis:?}");
}

/// Three ends that differ, one of a line that ends early; and five that stand on one another at the axis.
#[test]
fn the_ends_of_all_lines_are_written_or_of_none() {
    let render = |chart: Curves| figure::render(&Chart::Curves(chart), Options::page(Lang::Da)).svg;
    let mut chart = sample(2);
    let short = Line { time: vec![1.0, 2.0], estimate: vec![0.1, 0.181], ..line("2") };
    chart.panels[0].lines[1] = Line { low: vec![], high: vec![], ..short };
    chart.panels[0].lines.push(Line { estimate: vec![0.1, 0.15, 0.22], ..line("3") });
    let svg = render(chart);
    for value in [">25,0<", ">18,1<", ">22,0<"] {
        assert!(svg.contains(value), "{value}");
    }
    let mut chart = sample(2);
    let tiny = |key: &str| Line { estimate: vec![0.001, 0.002, 0.0031], ..line(key) };
    chart.panels[0].lines = ["1", "2", "3", "4", "5"].map(tiny).to_vec();
    let svg = render(chart);
    assert!(!svg.contains(">0,3<") && svg.matches(">25,0<").count() == 2, "{svg}");
}

#[test]
fn wide_numbers_at_risk_stand_under_some_ticks() {
    let numbers = |n: f64| {
        let mut chart = sample(3);
        chart.x_max = Some(107.0);
        for panel in &mut chart.panels {
            panel.at_risk = vec![RiskRow { time: vec![107.0], n: vec![n], ..risk("1") }];
        }
        let layout = Layout::of(&chart, Options::page(Lang::Da), &Keys::of(&chart));
        assert_eq!(layout.time.ticks, [0.0, 24.0, 48.0, 72.0, 96.0]);
        layout.risk_time.ticks
    };
    assert_eq!(numbers(9.0), [0.0, 24.0, 48.0, 72.0, 96.0]);
    assert_eq!(numbers(1e8), [0.0, 48.0, 96.0]);
    assert_eq!(numbers(1e40), [0.0]);
}

fn with(panels: usize, labels: &[String]) -> Curves {
    let panel = Panel {
        title: "Beskæftigelse".into(),
        lines: labels.iter().map(|label| Line { label: label.clone(), ..line(label) }).collect(),
        at_risk: labels
            .iter()
            .map(|label| RiskRow { label: label.clone(), ..risk(label) })
            .collect(),
    };
    let mut chart =
        Curves { panels: vec![panel; panels], legend: "gruppe".into(), ..sample(panels) };
    chart.x_label = "Måneder siden forløbets begyndelse".into();
    chart.y_label = "Kumuleret incidens, procent".into();
    chart.note = "Skraveret: punktvise 95 %-konfidensintervaller (log-skala; Greenwood).".into();
    chart
}

#[test]
fn no_label_covers_another_or_leaves_the_canvas() {
    let short = |i: usize| format!("Gruppe {i}");
    let long = |i: usize| {
        format!(
            "Personer af dansk oprindelse uden registreret ydelse i de seneste {i} år før forløbets begyndelse"
        )
    };
    let word = |i: usize| format!("{}{i}", "ubrydeligt".repeat(12));
    for name in [&short as &dyn Fn(usize) -> String, &long, &word] {
        for groups in [1, 3, 6, 7, 12, 24] {
            let labels: Vec<String> = (0..groups).map(name).collect();
            for panels in [1, 2, 3, 5] {
                for width in [Width::Page, Width::Phone] {
                    let mut chart = with(panels, &labels);
                    for own_axis in [false, true] {
                        if own_axis {
                            chart.y_scale = YScale::Free;
                            chart.panels[panels - 1].at_risk[0].n[0] += 1.0;
                        }
                        let options = Options { heading: true, ..Options::inline(Lang::Da, width) };
                        let picture = figure::render(&Chart::Curves(chart.clone()), options);
                        assert_tidy(&picture);
                    }
                }
            }
        }
    }
}

#[test]
fn long_titles_of_panels_are_wrapped() {
    let mut chart = with(3, &["a".to_owned(), "b".to_owned()]);
    for panel in &mut chart.panels {
        panel.title = "Ikke-vestlige indvandrere med mere end fem års ophold i landet".into();
    }
    for width in [Width::Page, Width::Phone] {
        let options = Options { heading: true, ..Options::inline(Lang::Da, width) };
        assert_tidy(&figure::render(&Chart::Curves(chart.clone()), options));
    }
}

#[test]
fn a_landmark_is_where_the_axis_begins() {
    let mut chart = sample(1);
    chart.x_min = 12.0;
    for line in &mut chart.panels[0].lines {
        line.time = vec![13.0, 24.0, 36.0];
    }
    let layout = Layout::of(&chart, Options::page(Lang::Da), &Keys::of(&chart));
    assert_eq!((layout.time.min, layout.time.ticks[0]), (12.0, 12.0));
    let l = &chart.panels[0].lines[0];
    assert_eq!(runs(&chart, &l.time, &[&l.estimate], 36.0)[0][0], (12.0, [0.0]));
}

#[test]
fn thin_limits_stand_in_the_legend_and_beside_the_lines() {
    let mut chart = sample(2);
    chart.band_label = "personer".into();
    chart.outline_label = "forløb".into();
    for panel in &mut chart.panels {
        for line in &mut panel.lines {
            line.outline = (vec![0.09, 0.18, 0.22], vec![0.11, 0.21, 0.28]);
        }
    }
    let svg = figure::render(&Chart::Curves(chart), Options::page(Lang::Da)).svg;
    assert!(svg.contains(">personer<") && svg.contains(">forløb<"));
    // Two limits of two lines in two panels, and two in the legend.
    assert_eq!(svg.matches("stroke-dasharray=\"1 1.6\"").count(), 10);
}

#[test]
fn more_than_eight_lines_have_patterns() {
    let labels: Vec<String> = (0..24).map(|i| i.to_string()).collect();
    let chart = with(1, &labels);
    let keys = Keys::of(&chart);
    let mut styles: Vec<_> = labels.iter().map(|label| keys.style(label)).collect();
    while let Some(style) = styles.pop() {
        assert!(!styles.contains(&style), "{style:?}");
    }
}
