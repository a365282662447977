//! Each mistake: what is said, and what to do.

use crate::built::Folder;
use crate::{SIX, curve};

/// Each mistake: file, arguments, exit code, what is said, what to do.
#[test]
fn mistakes_are_explained() {
    let folder = Folder::new();
    folder.write("six.csv", SIX);
    folder.write("nan.csv", "time,event\n1,1\nNaN,1\n");
    folder.write("negative.csv", "time,event\n1,1\n-2,1\n");
    folder.write("words.csv", "time,event\n1,1\nsoon,1\n");
    folder.write("half.csv", "time,event\n1,0.5\n");
    folder.write("late.csv", "time,event,entry\n3,1,0\n3,1,3\n");
    folder.write("weight.csv", "time,event,w\n3,1,-1\n");
    folder.write("censored.csv", "time,event\n1,0\n");
    folder.write("empty.csv", "");
    folder.write("fractions.csv", "time,event,w\n1,1,0.5\n2,0,1\n");
    folder.write("one_two.csv", "time,event\n1,2\n2,1\n");
    folder.write("thousands.csv", "time;event\n1.234;1\n1,5;0\n");
    folder.write("quoted.csv", "time,event\n\"16,5\",1\n");
    folder.write("dates.csv", "time,event\n2019-01-31,1\n");
    folder.write("bare.csv", "1,1\n2,0\n");
    folder.write("exits.csv", "time,event\n1,job\n2,still\n");
    folder.write("header.csv", "time,event\n");
    folder.write("ragged.csv", "time,event\n1,1\n1\n");
    folder.write("not.parquet", "this is no Parquet");
    folder.write("unclosed.csv", "time,event,g\n1,1,\"a\n2,0,b\n3,1,c\n");
    folder.write("data.xlsx", "x");
    let te = "--time time --event event";
    for (arguments, code, message, help) in [
        ("km none.csv --time t --event e", 3, "cannot read none.csv", "check the path"),
        ("km . --time t --event e", 3, "cannot read .", "this is a folder"),
        (
            "km six.csv --time tiem --event event",
            3,
            "six.csv has no column `tiem`",
            "did you mean `time`?",
        ),
        (
            "km six.csv --time time --event exit",
            3,
            "no column `exit`",
            "its columns: time, event, group",
        ),
        ("km unclosed.csv TE", 3, "the quotation mark before a field in line 2", "is complete"),
        ("km six.csv TE --censored 0,1,2", 3, "all of its values mean censored", "of events"),
        ("km nan.csv TE", 3, "column `time` has no value in row 2", "never dropped silently"),
        (
            "km negative.csv TE",
            3,
            "column `time` is -2 in row 2; it must be a finite number of at least 0",
            "correct the row",
        ),
        ("km words.csv TE", 3, "column `time` holds `soon` in row 2", "recode"),
        (
            "km six.csv TE",
            3,
            "holds the event code 2 in row 2; codes are 0 (censored) and 1 (event)",
            "curve cif",
        ),
        ("cif half.csv TE", 3, "holds the event code 0.5 in row 1", "recode"),
        (
            "km late.csv TE --entry entry",
            3,
            "row 2: entry 3 is not before the exit at 3",
            "(entry, exit]",
        ),
        ("km weight.csv TE --weight w", 3, "column `w` is -1 in row 1", "correct"),
        ("cif censored.csv TE", 3, "holds no event", "column of events"),
        ("km empty.csv TE", 3, "empty.csv has no rows", "at least one row"),
        ("km header.csv TE", 3, "header.csv has no rows", "at least one row"),
        ("km ragged.csv TE", 3, "ragged.csv cannot be read", "complete"),
        ("km not.parquet TE", 3, "not.parquet cannot be read", "complete"),
        ("km data.xlsx TE", 3, "data.xlsx is neither a .parquet nor a .csv file", "ends in"),
        ("cif six.csv TE --rmst 12", 2, "the last time, 6", "choose one up to 6"),
        ("cif six.csv TE --given 6", 3, "nobody is followed beyond time 6", "an earlier time"),
        ("cif six.csv TE --rmst -3", 2, "times are numbers of at least 0", ""),
        ("km six.csv TE --quantile 0,5", 2, "decimals have a point", ""),
        ("km six.csv TE --by group,", 2, "a name is empty in --by", "comma"),
        ("km censored.csv TE", 3, "holds no event", "column of events"),
        (
            "km one_two.csv TE",
            3,
            "holds the event code 2 in row 1",
            "`--censored 1` if 1 is censored",
        ),
        (
            "km thousands.csv TE",
            3,
            "column `time` holds `1.234` in row 1",
            "without thousand separators",
        ),
        ("km quoted.csv TE", 3, "column `time` holds `16,5` in row 1", "by semicolons"),
        ("km dates.csv TE", 3, "column `time` holds `2019-01-31` in row 1", "looks like a date"),
        ("km bare.csv TE", 3, "has no column `time`", "is the line with the names missing?"),
        ("na six.csv TE --rmst 3", 2, "`--rmst` does not go with `curve na`", "curve km"),
        (
            "km six.csv TE --rmst 3 --at 2",
            2,
            "`--at` and `--rmst` ask for different",
            "one of them",
        ),
        ("na six.csv TE --se delta", 2, "`--se delta` does not go with `curve na`", "greenwood"),
        (
            "cif six.csv TE --se aalen --cluster late",
            2,
            "`--se with --cluster or sampling weights` does not go with",
            "jackknife",
        ),
        (
            "cif six.csv TE --rmst 3 --conf log",
            2,
            "`--conf with --rmst` does not go",
            "plain scale",
        ),
        (
            "km six.csv TE --cause 1 --rmst 3 --band ep",
            2,
            "`--band with --rmst`",
            "curves have bands",
        ),
        (
            "km six.csv TE --cause 1 --by group --band ep --band-range 40,90",
            2,
            "no event with a standard error lies between 40 and 90",
            "",
        ),
        ("cif six.csv TE --band hw", 2, "`--band hw or ep` does not go with", "--band influence"),
        ("na six.csv TE --band ep", 2, "`--band` does not go with `curve na`", "curve km"),
        ("km six.csv TE --band ep --band-range 4", 2, "a range is two times", ""),
        ("km six.csv TE --convention cmprsk", 2, "`--convention cmprsk` does not go", "curve cif"),
        ("km six.csv TE --ties one-by-one", 2, "`--ties` does not go with `curve km`", "curve fh"),
        ("km six.csv TE --given 4 --at 3", 2, "`--at 3` lies before `--given 4`", "later times"),
        (
            "km six.csv TE --given 3 --rmst 3",
            2,
            "`--rmst` does not go with `--given`",
            "behind the time",
        ),
        (
            "cif exits.csv TE",
            3,
            "column `event` holds words, and it is not said which of them mean censored",
            "name them with `--censored`; the column holds `job`, `still`",
        ),
        (
            "cif exits.csv TE --censored stil",
            3,
            "column `event` never is `stil`",
            "it holds `job`, `still`",
        ),
        (
            "km exits.csv TE --censored still --band ep --band-range 4,5",
            2,
            "no event with a standard error lies between 4 and 5",
            "a range with an event",
        ),
        (
            "km fractions.csv TE --weight w",
            3,
            "the weights in column `w` are fractions",
            "sampling",
        ),
        ("km six.csv TE --weight-kind case", 2, "--weight <COL>", ""),
        ("km six.csv TE --se aalen", 2, "`--se aalen` does not go with `curve km`", "curve na"),
        (
            "km six.csv TE --out out.txt",
            2,
            "the ending of `out.txt` names no format",
            ".parquet, .csv or .json",
        ),
        ("km six.csv TE --level 95", 2, "lies between 0 and 1", ""),
        ("km six.csv --event event", 2, "--time <COL>", ""),
        ("kn six.csv TE", 2, "'kn'", ""),
    ] {
        let answer = curve(&folder, &arguments.replace("TE", te));
        answer.bad(code, message);
        answer.says(help);
        assert!(answer.out.is_empty(), "{}", answer.out);
    }
}
