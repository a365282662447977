//! What `afgang fit panel` says of data and options that it cannot use, or not quite.

mod built;

use std::fmt::Write;

use built::{Answer, Folder, afgang};

fn fit(folder: &Folder, arguments: &str) -> Answer {
    let arguments: Vec<&str> =
        ["fit", "panel"].into_iter().chain(arguments.split_whitespace()).collect();
    afgang(folder, &arguments)
}

/// Three firms, three years.
const WHOLE: &str = "firm,year,x,c,y,w\n\
    1,2017,1,5,2,1\n1,2018,2,5,3,1\n1,2019,4,5,7,1\n\
    2,2017,0,6,1,2\n2,2018,3,6,2,2\n2,2019,5,6,6,2\n\
    3,2017,2,7,9,1\n3,2018,2,7,8,1\n3,2019,3,7,9,1\n";

#[test]
fn what_cannot_be_used_is_refused_with_row_and_column() {
    let folder = Folder::new();
    folder.write("d.csv", WHOLE);
    let twice = WHOLE.replace("1,2019,4", "1,2018,4");
    for (name, text) in [
        ("twice.csv", twice.as_str()),
        ("gap.csv", &WHOLE.replace("2,2018,3,6,2", "2,2018,,6,2")),
        ("nan.csv", &WHOLE.replace("2,2018,3,6,2", "2,2018,3,6,NaN")),
        ("infinite.csv", &WHOLE.replace("3,2018,2", "3,2018,inf")),
        ("negative.csv", &WHOLE.replace("3,2018,2,7,8,1", "3,2018,2,7,8,0")),
        ("words.csv", &WHOLE.replace("3,2018,2", "3,2018,many")),
        ("dates.csv", &WHOLE.replace(",2017,", ",2017-01-01,")),
        ("half.csv", &WHOLE.replace("3,2018", "3,2018.5")),
        ("huge.csv", &WHOLE.replace(",9,1\n", ",9e200,1\n")),
        ("kinds.csv", "firm,year,kind,y\n1,2017,new,1\n1,2018,old,2\n2,2017,old,3\n2,2018,new,5\n"),
        (
            "small.csv",
            "firm,year,x,c,y,w\n1,2017,1,2,3,1\n1,2018,2,1,5,1\n2,2017,3,2,4,1\n2,2018,5,5,1,1\n",
        ),
    ] {
        folder.write(name, text);
    }
    std::fs::write(folder.path("broken.csv.gz"), [0x1F, 0x8B, 8, 0, 0, 0]).unwrap();
    for (arguments, code, message, help) in [
        ("twice.csv YX", 3, "rows 2 and 3 are both of firm 1 at year 2018", "add the rows up"),
        ("gap.csv YX", 3, "column `x` has no value in row 5", "--drop-missing"),
        ("nan.csv YX", 3, "column `y` has no value in row 5", "--drop-missing"),
        ("infinite.csv YX", 3, "column `x` is inf in row 8; it must be a finite number", ""),
        ("infinite.csv --only firm=3 YX", 3, "column `x` is inf in row 8", ""),
        ("negative.csv YX --weight w", 3, "column `w` is 0 in row 8; it must be above 0", ""),
        ("words.csv YX", 3, "column `x` holds `many` in row 8", "C(x)"),
        ("half.csv YX", 3, "column `year` is 2018.5 in row 8; it must be a whole number", ""),
        (
            "d.csv YX --convention stata",
            2,
            "invalid value 'stata' for '--convention",
            "stata-xtreg",
        ),
        ("d.csv YX --convention xtreg", 2, "invalid value 'xtreg'", "[possible values:"),
        (
            "d.csv --y y --x capitl --unit firm --time year",
            3,
            "no column `capitl`",
            "its columns: firm, year",
        ),
        ("d.csv --y yy --x x --unit firm --time year", 3, "no column `yy`", "did you mean `y`?"),
        (
            "d.csv --y y --x x --unit firn --time year",
            3,
            "no column `firn`",
            "did you mean `firm`?",
        ),
        (
            "d.csv --y y --x c --unit firm --time year",
            3,
            "no regressor is left: c is left out: it does not vary within firm",
            "absorb fewer effects",
        ),
        (
            "small.csv --y y --x x,c --unit firm --time year",
            3,
            "4 rows for 4 parameters",
            "leave out regressors or effects",
        ),
        ("d.csv YX --only firm=4", 3, "no row has `4` in `firm`", "--if"),
        ("d.csv YX --if year>2019", 3, "no row has `> 2019` in `year`", "--if"),
        ("d.csv YX --if year~2019", 2, "year>=2017", ""),
        ("d.csv YX --vce dk:3", 3, "3 lags asked for, but there are 3 times", "fewer lags"),
        ("d.csv YX --vce dk:many", 2, "`many` is no number of lags", ""),
        ("d.csv YX --vce hc9", 2, "known are conventional", ""),
        (
            "d.csv YX --effects both --cluster firm",
            3,
            "year is not nested within clusters of firm",
            "reghdfe",
        ),
        ("d.csv YX --only firm=1 --cluster firm", 3, "all rows are of one cluster of firm", ""),
        (
            "d.csv YX --cluster firm --vce hc1",
            2,
            "`--cluster` does not go with `--vce`",
            "--vce cluster",
        ),
        ("d.csv YX --cluster firm,firm", 2, "`firm` is named twice", "once"),
        (
            "d.csv YX --model pooled --effects firm",
            2,
            "`--effects` does not go with `--model`",
            "--model within",
        ),
        ("d.csv YX --components swar", 2, "`--components` does not go with", "--model random"),
        (
            "d.csv YX --model random --weight w",
            2,
            "`--weight` does not go with `--model random`",
            "",
        ),
        ("d.csv --y y --x x --unit firm --vce nw", 2, "`--vce` does not go with", "--time COL"),
        (
            "d.csv --y y --x x --unit firm --effects both",
            2,
            "`--effects` does not go with",
            "--time COL",
        ),
        ("d.csv YX --seed 3", 2, "`--seed` does not go with `--vce`", "--vce wild"),
        ("d.csv YX --event y", 2, "unexpected argument '--event'", ""),
        ("d.csv YX --stars 5", 2, "at most three levels", ""),
        ("d.csv YX --stars 0.01,0.05", 2, "at most three levels between 0 and 1 that fall", ""),
        (
            "d.csv --y y --x x,log(y) --unit firm --time year",
            3,
            "`y` is the outcome and among the regressors",
            "take `y` out of `--x`",
        ),
        ("d.csv YX --only firm=1 --tests effects", 3, "all rows are of one level of firm", ""),
        (
            "d.csv YX --only year=2018 --model fd",
            3,
            "no unit has two times, so there are no differences",
            "",
        ),
        (
            "d.csv YX --only year=2018 --convention reghdfe",
            3,
            "all 3 rows are singletons, alone in a level of firm, and were dropped",
            "absorb fewer effects",
        ),
        ("dates.csv YX", 3, "`2017-01-01`", "of dates make a column of years"),
        ("d.csv YX --table t.pdf", 2, "the ending of `t.pdf`", ".tex"),
        ("d.csv YX --out d.csv", 2, "would overwrite d.csv", ""),
        ("d.csv YX --table d.csv", 2, "would overwrite d.csv", ""),
        ("d.csv --y y,c --x x --unit firm --time year --vce dk:5", 3, "y: 5 lags", ""),
        ("d.csv --y y", 2, "--x <TERMS>", ""),
        ("huge.csv YX", 3, "column y has numbers up to 9e200, whose squares", "other units"),
        (
            "d.csv --y y --x x:x --unit firm --time year",
            2,
            "at `x:x`: a product has a covariate once; write poly(x, 2)",
            "",
        ),
        ("d.csv --y y --x `x --unit firm --time year", 2, "a backtick is not closed", ""),
        (
            "d.csv --y `y`a --x x --unit firm --time year",
            2,
            "backticks stand about a whole name",
            "",
        ),
        (
            "kinds.csv --y y --x kind --unit firm --time year",
            3,
            "column `kind` holds `new` in row 1, where a number is needed",
            "write C(kind) if its values are categories",
        ),
        ("broken.csv.gz YX", 3, "broken.csv.gz cannot be read", "complete"),
    ] {
        let answer = fit(&folder, &arguments.replace("YX", "--y y --x x --unit firm --time year"));
        answer.bad(code, message);
        answer.says(help);
    }
}

#[test]
fn what_is_left_out_is_said_and_counted() {
    let folder = Folder::new();
    let gaps = WHOLE.replace("2,2018,3,6,2", "2,2018,,6,").replace("3,2019,3,7,9", "3,2019,3,7,");
    folder.write("gaps.csv", &gaps);
    let once = format!("{WHOLE}4,2018,3,8,4,1\n5,2017,1,1,1,1\n");
    folder.write("once.csv", &once);
    let rows = WHOLE.lines().filter(|line| !line.starts_with("2,2018"));
    let hole: String = rows.flat_map(|line| [line, "\n"]).collect();
    folder.write("hole.csv", &hole);
    let nobody = WHOLE.replace(",2019,", ",2020,");
    folder.write("nobody.csv", &nobody);
    let of = "--y y --x x --unit firm --time year";
    for (arguments, said) in [
        ("gaps.csv --drop-missing", "Left out for want of a value: rows 2 (y 2, x 1)."),
        ("gaps.csv --drop-missing", "Missing a year between first and last: 1 of firm (2: 2018)."),
        ("once.csv", "Seen once: 2 of firm (4, 5); one row tells nothing of what happens within."),
        ("once.csv", "Singletons, rows alone in a level of an effect: 2, kept"),
        (
            "once.csv --convention reghdfe",
            "Singletons, rows alone in a level of an effect: 2, dropped",
        ),
        ("once.csv --convention reghdfe", "N 9: 3 units"),
        ("once.csv --singletons drop", "N 9: 3 units"),
        ("once.csv --model fd", "N 6: 3 units (firm) of 2 differences each"),
        ("hole.csv", "Missing a year between first and last: 1 of firm (2: 2018)."),
        ("hole.csv --model fd", "1 differences are over more than 1 year"),
        ("nobody.csv", "No row has year 2019."),
        ("nobody.csv --vce dk:1", "Lags are counted in the values of year that occur"),
        ("once.csv --x x,c", "c is left out: it does not vary within firm."),
        (
            "once.csv --if year<=2018,firm!=2",
            "Of 11 rows of the file 6 with year <= 2018, firm != 2.",
        ),
        ("once.csv --cluster firm", "These are few"),
        ("once.csv --only firm=1 --vce dk:1", "Of one unit these are Newey and West's."),
        ("once.csv --weight w", "Weights w are analytic"),
        ("once.csv --vce hc1", "clustered by firm, 5 clusters, as `xtreg, robust` takes them"),
    ] {
        let x = if arguments.contains("--x") { "--y y --unit firm --time year" } else { of };
        let answer = fit(&folder, &format!("{arguments} {x}"));
        answer.good();
        assert!(answer.out.contains(said), "{arguments}: `{said}` is not in: {}", answer.out);
    }
    // A file without gaps says nothing of them.
    folder.write("d.csv", WHOLE);
    let whole = fit(&folder, &format!("d.csv {of}"));
    whole.good();
    for unsaid in ["Missing", "Left out", "Seen once", "Singletons", "No row has", "few"] {
        assert!(!whole.out.contains(unsaid), "{unsaid}: {}", whole.out);
    }
    // Random effects of a full-leverage row.
    fit(&folder, &format!("once.csv {of} --convention plm --vce hc3")).good();
    fit(&folder, &format!("once.csv {of} --convention fixest --vce hc3"))
        .bad(3, "row 10 has leverage 1");
}

/// A column in other units is dropped for the same reason, and in numbers that can be read.
#[test]
fn units_of_columns() {
    let folder = Folder::new();
    let mut rows = String::from("firm,year,x,small,large,z,y\n");
    for (at, line) in WHOLE.lines().skip(1).enumerate() {
        let of: Vec<&str> = line.split(',').collect();
        let x: f64 = of[2].parse().unwrap();
        let (small, large) = (x * 1e-12, x * 1e12);
        let (firm, year, y) = (of[0], of[1], of[4]);
        writeln!(rows, "{firm},{year},{x},{small:e},{large:e},{},{y}", at * at).unwrap();
    }
    folder.write("d.csv", &rows);
    let line = |x: &str| {
        let answer = fit(&folder, &format!("d.csv --y y --unit firm --time year --x {x}"));
        answer.good();
        answer.out
    };
    let statistic = |out: &str| -> String {
        out.lines().nth(1).unwrap().split_whitespace().nth(4).unwrap().to_owned()
    };
    let plain = line("x,z");
    assert_eq!(statistic(&plain), statistic(&line("small,z")));
    assert_eq!(statistic(&plain), statistic(&line("large,z")));
    let out = line("x,small,large");
    assert!(out.contains("small is left out: it is 1.000e-12 x but for effects of firm."), "{out}");
    assert!(out.contains("large is left out: it is 1000000000000 x but for"), "{out}");
}

/// A group that cannot be fitted is named, and the others are there.
#[test]
fn one_group_of_several_cannot_be_fitted() {
    let folder = Folder::new();
    let mut rows = String::from("firm,year,x,y,region\n");
    for region in ["north", "south", "west"] {
        for line in WHOLE.lines().skip(1) {
            let of: Vec<&str> = line.split(',').collect();
            // Of the south the outcome does not vary, and of the west a value is missing.
            let y = if region == "south" { "4" } else { of[4] };
            let x = if region == "west" && of[0] == "3" { "" } else { of[2] };
            writeln!(rows, "{},{},{x},{y},{region}", of[0], of[1]).unwrap();
        }
    }
    folder.write("d.csv", &rows);
    let of = "d.csv --y y --x x --unit firm --time year --by region";
    let answer = fit(&folder, of);
    let south = "no model of south: the outcome does not vary within firm, so that there is nothing to explain";
    answer.bad(4, south);
    answer.says("no model of west: column `x` has no value in row 25");
    answer.says("the other models are there");
    assert!(answer.out.contains("N 9: 3 units (firm)"), "{}", answer.out);
    assert!(
        answer.out.contains("No model of west: column `x` has no value in row 25"),
        "{}",
        answer.out
    );
    fit(&folder, &format!("{of} --out f.json")).bad(4, south);
    let written: serde_json::Value = serde_json::from_str(&folder.read("f.json")).unwrap();
    assert_eq!(written["rows"].as_array().unwrap().len(), 2);
    assert_eq!(written["conventions"]["refused"].as_array().unwrap().len(), 2);
    // Where there is no model at all it is the data's fault.
    fit(&folder, &format!("{of} --only region=south,west"))
        .bad(3, "south: the outcome does not vary");
    fit(&folder, &format!("{of} --drop-missing --only region=north,west")).good();
}

/// Names with signs between backticks, and a file that gzip packed.
#[test]
fn names_with_signs() {
    let folder = Folder::new();
    let text = WHOLE.replace("firm,year,x,c,y,w", "firm,year,\"x, net\",c(1),y+y,w");
    folder.write("d.csv", &text);
    folder.write("plain.csv", WHOLE);
    let file = std::fs::File::create(folder.path("d.csv.gz")).unwrap();
    let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, text.as_bytes()).unwrap();
    packed.finish().unwrap();
    let run = |arguments: &[&str]| {
        let all = [&["fit", "panel"], arguments, &["--unit", "firm", "--time", "year"]].concat();
        let answer = afgang(&folder, &all);
        answer.good();
        answer.out
    };
    let numbers = |out: &str| -> Vec<String> {
        out.lines().nth(1).unwrap().split("  ").skip(2).map(|word| word.trim().to_owned()).collect()
    };
    let plain =
        run(&["plain.csv", "--y", "y", "--x", "x, w", "--model", "pooled", "--cluster", "c"]);
    for file in ["d.csv", "d.csv.gz"] {
        let x = ["--x", "`x, net`, w", "--model", "pooled", "--cluster", "`c(1)`"];
        let out = run(&[&[file, "--y", "`y+y`", "--if", "`x, net`>=0,w>0"], &x[..]].concat());
        assert_eq!(
            numbers(&out).iter().filter(|n| n.parse::<f64>().is_ok()).collect::<Vec<_>>(),
            numbers(&plain).iter().filter(|n| n.parse::<f64>().is_ok()).collect::<Vec<_>>(),
        );
        assert!(out.contains("x, net"), "{out}");
    }
}

/// Residuals of nothing but rounding are said to be so; one unit has Driscoll and Kraay's errors; tables name clusters.
#[test]
fn what_else_is_said() {
    let folder = Folder::new();
    folder.write("d.csv", WHOLE);
    let of = "d.csv --unit firm --time year";
    let wholly = "The regressors explain the outcome wholly";
    let with_same = WHOLE.lines().map(|line| {
        let x = line.split(',').nth(2).unwrap();
        format!("{line},{}\n", if x == "x" { "same" } else { x })
    });
    folder.write("same.csv", &with_same.collect::<String>());
    for model in ["within", "pooled", "first-difference"] {
        let perfect = fit(
            &folder,
            &format!("same.csv --unit firm --time year --y same --x x --model {model}"),
        );
        assert!(perfect.out.contains(wholly), "{model}: {}", perfect.out);
    }
    assert!(!fit(&folder, &format!("{of} --y y --x x")).out.contains(wholly));
    fit(&folder, &format!("{of} --y y --x x --cluster firm --convention fixest --out a.json"))
        .good();
    fit(&folder, &format!("{of} --y y --x x --cluster firm,year --convention fixest --out b.json"))
        .good();
    fit(&folder, &format!("{of} --y y --x x --out c.json")).good();
    let table = afgang(&folder, &["table", "a.json", "b.json", "c.json", "--names", "A,B,C"]);
    table.good();
    let line =
        |label: &str| table.out.lines().find(|line| line.starts_with(label)).unwrap().to_owned();
    let cells = |label: &str| {
        line(label).replace(label, "").split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(cells("Clusters (firm)"), ["3", "3"]);
    assert_eq!(cells("Clusters (year)"), ["3"]);
    assert!(
        table.out.contains("Column 1: Standard errors: clustered by firm; convention fixest."),
        "{}",
        table.out
    );
    assert!(
        table.out.contains("Column 3: Standard errors: conventional; convention stata-xtreg."),
        "{}",
        table.out
    );
}
