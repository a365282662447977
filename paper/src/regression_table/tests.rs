//! Two models of small numbers in every format, written down by hand.

use super::*;

fn small() -> RegressionTable {
    let one = Model::new("A & B")
        .group("2014")
        .coefficient("share_x", -1234.5, 617.25, 0.046)
        .coefficient("constant", 0.5, 0.25, 0.2)
        .statistic("N", Cell::Whole(1564))
        .statistic("R²", Cell::Number(-0.0833, Digits::Significant(3)));
    let two = Model::new("HK<6>")
        .group("2017")
        .coefficient("share_x", 2.0, 0.5, 0.0001)
        .coefficient("[z]", 1.0, 1.0, 0.09)
        .coefficient("constant", -0.001, f64::NAN, f64::NAN)
        .statistic("N", Cell::Whole(282))
        .statistic("effects", Cell::Words("unit".into()));
    RegressionTable::new(vec![one, two])
        .title("Costs, 50 %")
        .digits(Digits::Decimals(2))
        .note("By *unit*.")
}

#[test]
fn as_text() {
    let wanted = "\
Costs, 50 %

             2014        2017
              A & B    HK<6>
share_x   −1,234.50**   2.00***
            (617.25)   (0.50)
[z]                     1.00*
                       (1.00)
constant       0.50     0.00
              (0.25)      (–)

N             1,564      282
R²          −0.0833
effects                 unit

Standard errors in parentheses; *** p < 0.01, ** p < 0.05, * p < 0.1.
By *unit*.
";
    assert_eq!(small().to_text(), wanted);
}

#[test]
fn as_csv() {
    let wanted = "\
,2014,2017
,A & B,HK<6>
share_x,-1234.50**,2.00***
,(617.25),(0.50)
[z],,1.00*
,,(1.00)
constant,0.50,0.00
,(0.25),(–)
N,1564,282
R²,-0.0833,
effects,,unit
\"Standard errors in parentheses; *** p < 0.01, ** p < 0.05, * p < 0.1.\",,
By *unit*.,,
";
    assert_eq!(small().lang(Lang::En).to_csv(), wanted);
}

#[test]
fn as_markdown() {
    let wanted = "\
**Costs, 50 %**

|  | 2014: A \\& B | 2017: HK\\<6\\> |
|:---|---:|---:|
| share\\_x | −1,234.50\\*\\* | 2.00\\*\\*\\* |
|  | (617.25) | (0.50) |
| \\[z\\] |  | 1.00\\* |
|  |  | (1.00) |
| constant | 0.50 | 0.00 |
|  | (0.25) | (–) |
| N | 1,564 | 282 |
| R² | −0.0833 |  |
| effects |  | unit |

Standard errors in parentheses; \\*\\*\\* p \\< 0.01, \\*\\* p \\< 0.05, \\* p \\< 0.1.

By \\*unit\\*.
";
    assert_eq!(small().to_markdown(), wanted);
}

#[test]
fn as_latex() {
    let wanted = r"% \usepackage{booktabs, threeparttable}
\begin{table}[htbp]
\centering
\begin{threeparttable}
\caption{Costs, 50 \%}
\begin{tabular}{lcc}
\toprule
 & \multicolumn{1}{c}{2014} & \multicolumn{1}{c}{2017} \\
\cmidrule(lr){2-2}\cmidrule(lr){3-3}
 & A \& B & HK\textless{}6\textgreater{} \\
\midrule
share\_x & $-1{,}234.50^{**}$ & $2.00^{***}$ \\
 & $(617.25)$ & $(0.50)$ \\
{[}z{]} &  & $1.00^{*}$ \\
 &  & $(1.00)$ \\
constant & $0.50$ & $0.00$ \\
 & $(0.25)$ & $(\mbox{--})$ \\
\midrule
N & $1{,}564$ & $282$ \\
R$^2$ & $-0.0833$ &  \\
effects &  & unit \\
\bottomrule
\end{tabular}
\begin{tablenotes}\footnotesize
\item Standard errors in parentheses; {*}{*}{*} p \textless{} 0.01, {*}{*} p \textless{} 0.05, {*} p \textless{} 0.1.
\item By {*}unit{*}.
\end{tablenotes}
\end{threeparttable}
\end{table}
";
    assert_eq!(small().to_latex(), wanted);
}

#[test]
fn as_html() {
    let wanted = "\
<table class=\"regression\">
<caption>Costs, 50 %</caption>
<thead>
<tr><td></td><th scope=\"colgroup\" class=\"group\" colspan=\"1\">2014</th><th scope=\"colgroup\" class=\"group\" colspan=\"1\">2017</th></tr>
<tr><td></td><th scope=\"col\">A &amp; B</th><th scope=\"col\">HK&lt;6&gt;</th></tr>
</thead>
<tbody>
<tr><th scope=\"row\" rowspan=\"2\">share_x</th><td>−1.234,50<sup>**</sup></td><td>2,00<sup>***</sup></td></tr>
<tr><td>(617,25)</td><td>(0,50)</td></tr>
<tr><th scope=\"row\" rowspan=\"2\">[z]</th><td></td><td>1,00<sup>*</sup></td></tr>
<tr><td></td><td>(1,00)</td></tr>
<tr><th scope=\"row\" rowspan=\"2\">constant</th><td>0,50</td><td>0,00</td></tr>
<tr><td>(0,25)</td><td>(–)</td></tr>
<tr class=\"first\"><th scope=\"row\">N</th><td>1.564</td><td>282</td></tr>
<tr><th scope=\"row\">R²</th><td>−0,0833</td><td></td></tr>
<tr><th scope=\"row\">effects</th><td></td><td>unit</td></tr>
</tbody>
<tfoot>
<tr><td colspan=\"3\"><span>Standardfejl i parentes; *** p &lt; 0,01, ** p &lt; 0,05, * p &lt; 0,1.</span></td></tr>
<tr><td colspan=\"3\"><span>By *unit*.</span></td></tr>
</tfoot>
</table>
";
    assert_eq!(small().lang(Lang::Da).to_html(), wanted);
}

#[test]
fn groups_span_neighbours() {
    let model = |name: &str, group: &str| Model::new(name).group(group);
    let models = vec![model("a", "one"), model("b", "one"), model("c", ""), model("d", "one")];
    let table = RegressionTable::new(models);
    let latex = table.to_latex();
    assert!(
        latex.contains(
            " & \\multicolumn{2}{c}{one} & \\multicolumn{1}{c}{} & \\multicolumn{1}{c}{one} \\\\\n\
             \\cmidrule(lr){2-3}\\cmidrule(lr){5-5}\n"
        ),
        "{latex}"
    );
    assert!(!latex.contains("tablenotes"), "{latex}");
    assert!(table.to_html().contains("class=\"group\" colspan=\"2\">one</th><td colspan=\"1\">"));
}

#[test]
fn a_heading_that_is_wider_than_its_numbers() {
    let one = Model::new("a long heading").coefficient("x", 1.0, 2.0, 0.5);
    let two = Model::new("b").coefficient("x", 10.0, 2.0, 0.001);
    let text = RegressionTable::new(vec![one, two]).digits(Digits::Decimals(0)).to_text();
    let lines: Vec<&str> = text.lines().take(3).collect();
    assert_eq!(
        lines,
        ["   a long heading   b", "x              1   10***", "              (2)  (2)"]
    );
}

#[test]
fn files_by_their_ending() {
    let folder = tempfile::tempdir().unwrap();
    for (name, start) in [
        ("t.tex", "% \\use"),
        ("t.HTML", "<!DOCTYPE"),
        ("t.md", "**Costs"),
        ("t.csv", ",2014"),
        ("t.txt", "Costs"),
    ] {
        let path = folder.path().join(name);
        small().write(&path, TableFormat::of(&path).unwrap()).unwrap();
        assert!(std::fs::read_to_string(path).unwrap().starts_with(start), "{name}");
    }
    assert_eq!(TableFormat::of(Path::new("t.docx")), None);
}

#[test]
fn quotes_in_latex() {
    let table = RegressionTable::new(vec![Model::new("a")]).note("as `xtreg` \"takes\" them");
    assert!(table.to_latex().contains("as `xtreg' ``takes'' them"), "{}", table.to_latex());
}
