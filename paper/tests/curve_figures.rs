//! Figures of `afgang curve`: what they show, say and refuse.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod built;

use built::{Answer, Folder, afgang};

/// Six spells: causes 1 and 2, two censored, one tie of an event with a censoring at time 3.
const SIX: &str =
    "time,event,group,late,n\n1,1,a,0,1\n2,2,a,0,1\n3,0,b,1,1\n3,1,b,0,2\n5,2,b,0,1\n6,0,b,4,1\n";

fn curve(folder: &Folder, arguments: &str) -> Answer {
    let arguments: Vec<&str> = ["curve"].into_iter().chain(arguments.split_whitespace()).collect();
    afgang(folder, &arguments)
}

/// A file with some groups of ten exits and more.
fn groups(folder: &Folder, names: &[String]) {
    let mut csv = "time,event,group\n".to_owned();
    for (i, name) in names.iter().enumerate() {
        for time in 1..=10 + i {
            let line = format!("{time},{},{name}\n", time % 3);
            csv.push_str(&line);
        }
    }
    folder.write("groups.csv", &csv);
}

#[test]
fn captions_say_what_is_shaded() {
    let folder = Folder::new();
    folder.write("six.csv", SIX);
    let svg = |more: &str| {
        let line = format!("km six.csv --time time --event event --cause 1 {more} --plot f.svg");
        curve(&folder, &line).good();
        folder.read("f.svg")
    };
    let plain = svg("--by group");
    assert!(
        plain.contains("punktvise 95 %-konfidensintervaller (log-skala; Greenwood)"),
        "{plain}"
    );
    let band = svg("--band ep --band-range 1,4 --level 0.9 --conf log-log --lang en");
    assert!(
        band.contains("90% confidence bands, which hold the whole curve from 1 to 4"),
        "{band}"
    );
    assert!(!band.contains("pointwise"), "{band}");
    // One cluster has no spread: nothing is shaded, so nothing is said of it.
    let mut one = SIX.replace('\n', ",1\n");
    one.replace_range(
        ..one.find('\n').unwrap(),
        &(SIX.lines().next().unwrap().to_owned() + ",one"),
    );
    folder.write("six.csv", &one);
    let bare = svg("--cluster one");
    assert!(!bare.contains("Skraveret") && !bare.contains("fill-opacity"), "{bare}");
    assert!(bare.contains("Rækker med samme one er én observation."), "{bare}");
}

/// Left and right end of the last shaded area of a picture.
fn shaded(svg: &str) -> (f64, f64) {
    let path = svg.split("<path").find(|part| part.contains("fill-opacity")).unwrap();
    let area = path.split('"').nth(1).unwrap().rsplit('M').next().unwrap();
    let left: f64 = area.split(' ').next().unwrap().parse().unwrap();
    // Steps to the right: `h` and how far.
    let steps = area.split('h').skip(1).map(|step| {
        let end = step.find(|c: char| c.is_alphabetic()).unwrap_or(step.len());
        step[..end].parse::<f64>().unwrap()
    });
    (left, left + steps.filter(|step| *step > 0.0).sum::<f64>())
}

/// Where the axis of time has a number.
fn tick(svg: &str, number: &str) -> f64 {
    let text = svg.split("<text x=\"").find(|part| {
        part.contains("class=\"mute\"") && part.contains(&format!("middle\">{number}</text>"))
    });
    text.unwrap().split('"').next().unwrap().parse().unwrap()
}

/// Events at 10, 20, …, 100: the band from 25 to 75 is shaded from 25 to 75.
#[test]
fn a_band_is_shaded_where_it_holds() {
    let folder = Folder::new();
    let rows =
        (1..=10).map(|t| format!("{},1\n{},0\n", 10 * t, 10 * t)).collect::<Vec<_>>().concat();
    folder.write("d.csv", &format!("time,event\n{rows}"));
    for (range, [from, to]) in [("25,75", [25.0, 75.0]), ("30,70", [30.0, 70.0])] {
        let line = format!(
            "km d.csv --time time --event event --band ep --band-range {range} --plot f.svg"
        );
        curve(&folder, &line).good();
        let svg = folder.read("f.svg");
        let (zero, sixty) = (tick(&svg, "0"), tick(&svg, "60"));
        let (left, right) = shaded(&svg);
        let place = |time: f64| zero + time / 60.0 * (sixty - zero);
        assert!((left - place(from)).abs() < 0.1, "{range}: {left}, {svg}");
        assert!((right - place(to)).abs() < 0.1, "{range}: {right}, {svg}");
    }
}

#[test]
fn a_landmark_figure_begins_there() {
    let folder = Folder::new();
    groups(&folder, &["a".to_owned(), "b".to_owned()]);
    let line =
        "km groups.csv --time time --event event --cause 1 --by group --given 4 --plot f.svg";
    curve(&folder, line).good();
    let svg = folder.read("f.svg");
    assert!(svg.contains("Kun forløb, der stadig varer ved 4; kurverne begynder dér."), "{svg}");
    assert!(svg.contains("af dem, der stadig er i forløb ved 4"), "{svg}");
    // The first tick is 4, not 0.
    let tick = |n: u8| {
        svg.contains(&format!("class=\"mute\" fill=\"#5b6470\" text-anchor=\"middle\">{n}</text>"))
    };
    assert!(tick(4) && !tick(0), "{svg}");
}

/// The texts of a picture in order.
fn texts(svg: &str) -> Vec<&str> {
    svg.split("</text>").filter_map(|part| part.rsplit_once('>')).map(|part| part.1).collect()
}

/// The first texts after the last one of this kind.
fn after<'a>(svg: &'a str, text: &str, n: usize) -> Vec<&'a str> {
    let texts = texts(svg);
    let place = texts.iter().rposition(|found| *found == text).unwrap();
    texts[place + 1..].iter().take(n).copied().collect()
}

/// At risk over (entry, exit]: of a entries 2, 2, 3, 1 and exits 5, 6, 7, 4; of b entries 0, 4, 4 and exits 9, 10, 12.
#[test]
fn late_entries_count_below_the_figure_as_in_the_table() {
    let folder = Folder::new();
    folder.write(
        "le.csv",
        "t,e,s,g,w\n5,1,2,a,2\n6,0,2,a,2\n7,1,3,a,2\n4,1,1,a,2\n9,1,0,b,2\n10,1,4,b,2\n12,0,4,b,2\n",
    );
    let line = "km le.csv --time t --event e --by g --entry s --plot f.svg";
    curve(&folder, line).good();
    let svg = folder.read("f.svg");
    let (a, b) = ("0,0,1,3,4,3,2,1,0,0,0,0,0", "0,1,1,1,1,3,3,3,3,3,2,1,1");
    assert_eq!(after(&svg, "a", 13).join(","), a);
    assert_eq!(after(&svg, "b", 13).join(","), b);
    curve(&folder, &format!("{line} --weight w --weight-kind case")).good();
    let twice: Vec<String> =
        b.split(',').map(|n| (2 * n.parse::<u8>().unwrap()).to_string()).collect();
    assert_eq!(after(&folder.read("f.svg"), "b", 13), twice);
}

#[test]
fn short_times_have_ticks() {
    let folder = Folder::new();
    folder.write("s.csv", "t,e\n0.1,1\n0.2,0\n0.3,1\n0.35,0\n");
    curve(&folder, "km s.csv --time t --event e --time-label Tid --plot f.svg").good();
    let svg = folder.read("f.svg");
    let texts = texts(&svg);
    for tick in ["0,0", "0,1", "0,2", "0,3"] {
        assert!(texts.contains(&tick), "{tick}: {texts:?}");
    }
    // At 0.3 the one who leaves then is still there.
    assert_eq!(after(&svg, "Alle", 4), ["4", "4", "3", "2"]);
}

#[test]
fn a_group_without_a_value_is_called_so() {
    let folder = Folder::new();
    folder.write("mg.csv", "t,e,g\n1,1,\n2,0,\n3,1,x\n");
    let line = "km mg.csv --time t --event e --by g --plot f.svg";
    for (lang, word) in [("da", "mangler"), ("en", "missing")] {
        curve(&folder, &format!("{line} --lang {lang}")).good();
        let svg = folder.read("f.svg");
        // In the legend and before the numbers at risk, of which there are two at the start.
        assert_eq!(texts(&svg).iter().filter(|text| **text == word).count(), 2, "{svg}");
        assert_eq!(after(&svg, word, 1), ["2"]);
        curve(&folder, &format!("{line} --lang {lang} --panels group")).good();
        assert!(texts(&folder.read("f.svg")).contains(&word));
    }
}

#[test]
fn panels_by_group_and_figures_with_too_much_in_them() {
    let folder = Folder::new();
    let names = |n: usize| (0..n).map(|i| format!("g{i:02}")).collect::<Vec<_>>();
    groups(&folder, &names(25));
    let line = "cif groups.csv --time time --event event --by group --plot f.svg";
    curve(&folder, line).bad(2, "a panel of 25 lines cannot be read: 24 can be told apart");
    let panels = format!("{line} --panels group");
    curve(&folder, &panels).bad(2, "a figure of 25 panels does not fit on a page: it holds 24");
    groups(&folder, &names(4));
    curve(&folder, &panels).good();
    let svg = folder.read("f.svg");
    for words in [">g00<", ">g03<", ">Årsag 1<", ">Årsag 2<", "Antal i risiko<"] {
        assert!(svg.contains(words), "{words}");
    }
    // Each panel has the numbers of its group: 10 to 13 at the start.
    for n in 10..=13 {
        assert!(svg.contains(&format!(">{n}</text>")), "{n}: {svg}");
    }
}

#[test]
fn letters_without_a_picture_are_named() {
    let folder = Folder::new();
    groups(&folder, &["Łódź".to_owned(), "Россия".to_owned(), "中国".to_owned()]);
    let line = "km groups.csv --time time --event event --cause 1 --by group --plot";
    let png = curve(&folder, &format!("{line} f.png"));
    png.good();
    assert!(png.err.contains("no letters in the figure's font for 中 国"), "{}", png.err);
    let svg = curve(&folder, &format!("{line} f.svg"));
    svg.good();
    assert!(svg.err.contains("needs a font") && folder.read("f.svg").contains(">中国<"));
    groups(&folder, &["Łódź".to_owned(), "Россия".to_owned()]);
    let quiet = curve(&folder, &format!("{line} f.png"));
    assert!(!quiet.err.contains("warning"), "{}", quiet.err);
}

#[test]
fn figures() {
    let folder = Folder::new();
    folder.write("six.csv", SIX);
    let fit = "cif six.csv --time time --event event --by group --time-label Uger --plot";
    let answer = curve(&folder, &format!("{fit} f.svg --title Afgange"));
    answer.good();
    assert_eq!(answer.out, "figure: f.svg\n");
    let svg = folder.read("f.svg");
    for words in
        ["Afgange", "Årsag 1", "Årsag 2", "Uger", "Antal i risiko", "95 %-konfidensintervaller"]
    {
        assert!(svg.contains(words), "{words}");
    }
    // With a table as well; and the same picture as pixels.
    curve(&folder, &format!("{fit} f.png --lang en --out t.csv")).good();
    assert!(folder.read("t.csv").starts_with("group,cause,time,"));
    assert!(std::fs::read(folder.path("f.png")).unwrap().starts_with(b"\x89PNG"));
    curve(&folder, &format!("{fit} f.pdf")).good();
    assert!(std::fs::read(folder.path("f.pdf")).unwrap().starts_with(b"%PDF-"));
    curve(&folder, &format!("{fit} f.tiff")).bad(2, "the ending of `f.tiff` names no format");
    // A censoring at 3 and one at 6, in each of two panels.
    let ticks = |marks: &str| {
        curve(&folder, &format!("{fit} m.svg {marks}")).good();
        folder.read("m.svg")
    };
    assert!(ticks("--censor-marks").contains("censureringer."));
    assert!(ticks("--censor-marks").len() > ticks("").len());
    let means = "km six.csv --time time --event event --rmst 3 --plot f.svg";
    curve(&folder, means).bad(2, "`--plot` does not go with `--rmst`");
}
