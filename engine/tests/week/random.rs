//! Random registers: every unit and label against the slow reference, and the same bits for any threads and row groups.

use std::collections::BTreeMap;

use afgang_engine::week::{
    Classes, Label, MonthRule, Same, Step, Ties, Units, WeekScan, WeekSet, WeekSpells, WeekTable,
    Window,
};
use afgang_engine::{NoProgress, Register};
use proptest::prelude::*;

use crate::reference::{Set, View, assistance, company, education, sick, work};
use crate::register::{Person, Setting, cells, week};

pub(crate) fn setting() -> Setting {
    Setting::new(week(2009, 30), week(2010, 40))
}

/// Places of 2009-W53 and of the reference week, 2010-W20.
const REFERENCE: usize = 43;

fn code() -> impl Strategy<Value = i16> {
    prop_oneof![
        5 => Just(0_i16),
        4 => prop::sample::select(vec![890, 894, 897, 899]),
        4 => prop::sample::select(vec![730, 734, 737, 137, 720, 700, 143]),
        2 => prop::sample::select(vec![783, 651, 111, 214, 771, 740]),
        1 => 1_i16..1000,
    ]
}

fn person(weeks: usize, months: usize) -> impl Strategy<Value = Person> {
    let runs = prop::collection::vec((code(), 1_usize..15), 1..15);
    let noise = prop::collection::vec((0..weeks, code()), 0..8);
    let degree = prop_oneof![Just(None), Just(Some(0.0)), (0.0_f32..1.5).prop_map(Some)];
    (runs, noise, prop::collection::vec(degree, months), 1960_i16..2012, 1_i16..3).prop_map(
        move |(runs, noise, degrees, born, sex)| {
            let mut codes: Vec<i16> =
                runs.iter().flat_map(|&(code, length)| std::iter::repeat_n(code, length)).collect();
            codes.resize(weeks, 0);
            for (week, code) in noise {
                codes[week] = code;
            }
            Person { codes, degrees, born, sex }
        },
    )
}

pub(crate) fn persons() -> impl Strategy<Value = Vec<Person>> {
    let setting = setting();
    prop::collection::vec(person(setting.len(), setting.months()), 1..60)
}

const ASSISTANCE: [&str; 5] = [
    "kontanthjaelp_jobparat",
    "kontanthjaelp_aktivitetsparat",
    "kontanthjaelp_integration",
    "uddannelseshjaelp_aabenlyst",
    "uddannelseshjaelp",
];
const COMPANY: [&str; 4] =
    ["loentilskud_privat", "loentilskud_offentlig", "praktik_privat", "praktik_offentlig"];

fn classes() -> Classes {
    Classes {
        classes: vec![
            ("sick".to_owned(), WeekSet::states(["sygedagpenge"])),
            ("assistance".to_owned(), WeekSet::states(ASSISTANCE)),
        ],
        otherwise: None,
    }
}

const CLASSES: [(&str, Set); 2] = [("sick", sick), ("assistance", assistance)];

/// A label with the slow answers of a unit: the labels of each cell that it counts in.
type Slow = Box<dyn Fn(&View, usize, Set, Option<(usize, usize, bool)>) -> Vec<Vec<String>>>;

fn one(answer: impl Into<String>) -> Vec<Vec<String>> {
    vec![vec![answer.into()]]
}

/// The bin of a number among bounds, and `unobserved` where a number that is only a lower bound does not settle it.
fn bin(bounds: &[u32], number: usize, known: bool) -> String {
    let place = bounds.iter().filter(|&&bound| number >= bound as usize).count();
    if !known && place < bounds.len() {
        return "unobserved".to_owned();
    }
    let first = if place == 0 { 0 } else { bounds[place - 1] };
    match bounds.get(place) {
        None => format!("{first}+"),
        Some(&next) if next == first + 1 => first.to_string(),
        Some(next) => format!("{first}-{}", next - 1),
    }
}

const BOUNDS: [u32; 4] = [1, 5, 13, 30];

const WANTED: [(&str, Set); 3] = [("work", work), ("company", company), ("assistance", assistance)];

const LAGS: [u32; 4] = [0, 1, 7, 30];

/// Labels that any unit has.
fn labels() -> Vec<(Label, Slow)> {
    let spells = |gap| WeekSpells { of: classes(), gap };
    let company_set = || WeekSet::measures(COMPANY);
    let education_set = || WeekSet::measures(["ordinaer_uddannelse"]);
    let mut labels: Vec<(Label, Slow)> = Vec::new();
    for (gap, gaps_count) in [(0, true), (3, true), (3, false), (5, false)] {
        labels.push((
            Label::Seniority { spells: spells(gap), gaps_count, bounds: BOUNDS.to_vec() },
            Box::new(move |view, at, own, _| {
                let (weeks, known) = view.seniority(own, gap, gaps_count, at).unwrap();
                one(bin(&BOUNDS, weeks, known))
            }),
        ));
    }
    for (gap, rule) in [(0, MonthRule::AnyWeek), (1, MonthRule::AnyWeek), (1, MonthRule::LastWeek)]
    {
        labels.push((
            Label::SeniorityMonths { spells: spells(gap), rule, bounds: vec![2, 3, 6] },
            Box::new(move |view, at, own, _| {
                let (months, known) = view.months(own, gap, rule == MonthRule::LastWeek, at);
                one(bin(&[2, 3, 6], months, known))
            }),
        ));
    }
    for (weeks, percent, with_anchor) in
        [(10, 80, true), (13, 50, false), (44, 1, true), (45, 1, true)]
    {
        labels.push((
            Label::LookBack {
                set: WeekSet::states(ASSISTANCE),
                weeks,
                percent: percent as u32,
                with_anchor,
            },
            Box::new(move |view, at, _, _| {
                one(view.look_back(assistance, weeks, percent, at + usize::from(with_anchor)))
            }),
        ));
    }
    let wanted = || Classes {
        classes: vec![
            ("work".to_owned(), WeekSet::states(["employment"])),
            ("company".to_owned(), company_set()),
            ("assistance".to_owned(), WeekSet::states(ASSISTANCE)),
        ],
        otherwise: None,
    };
    for (from, to) in [(-12, -1), (1, 12), (-3, 3)] {
        labels.push((
            Label::Modal {
                of: wanted(),
                same: None,
                window: Window { from, to, start_of: None },
                ties: Ties::Listed,
            },
            Box::new(move |view, at, _, _| {
                let at = at as i64;
                one(view.modal(&WANTED, at + i64::from(from), at + i64::from(to)))
            }),
        ));
        labels.push((
            Label::Any { set: company_set(), window: Window { from, to, start_of: None } },
            Box::new(move |view, at, _, _| {
                let at = at as i64;
                let any = view.any(company, at + i64::from(from), at + i64::from(to));
                one(if any { "yes" } else { "no" })
            }),
        ));
        labels.push((
            Label::Kinds {
                kinds: vec![
                    ("company".to_owned(), company_set()),
                    ("education".to_owned(), education_set()),
                ],
                union: "union".to_owned(),
                window: Window { from, to, start_of: None },
            },
            Box::new(move |view, at, _, _| {
                let (from, to) = (at as i64 + i64::from(from), at as i64 + i64::from(to));
                let kinds = [view.any(company, from, to), view.any(education, from, to)];
                let mut found = vec![vec!["all".to_owned()]];
                for (name, has) in [
                    ("company", kinds[0]),
                    ("education", kinds[1]),
                    ("union", kinds[0] || kinds[1]),
                ] {
                    if has {
                        found.push(vec![name.to_owned()]);
                    }
                }
                found
            }),
        ));
    }
    labels.push((
        Label::Modal {
            of: wanted(),
            same: Some(Same { label: "same".to_owned(), of: classes() }),
            window: Window { from: -8, to: -1, start_of: Some(spells(3)) },
            ties: Ties::Listed,
        },
        Box::new(|view, at, own, _| {
            let spells = view.spells(own, 3);
            let spell = spells.iter().find(|spell| spell.0 <= at && at <= spell.1).unwrap();
            if !spell.2 {
                return one("unobserved");
            }
            let sets = [("same", own), WANTED[0], WANTED[1], WANTED[2]];
            one(view.modal(&sets, spell.0 as i64 - 8, spell.0 as i64 - 1))
        }),
    ));
    labels.push((
        Label::Since { set: company_set(), bounds: BOUNDS.to_vec() },
        Box::new(|view, at, _, _| {
            one(view
                .since(company, at)
                .map_or("none".to_owned(), |weeks| bin(&BOUNDS, weeks, true)))
        }),
    ));
    labels.push((
        Label::At {
            lags: LAGS.to_vec(),
            step: Step::Weeks,
            of: wanted(),
            same: Some(Same { label: "same".to_owned(), of: classes() }),
            ever: false,
        },
        Box::new(|view, at, own, _| {
            let sets = [("same", own), WANTED[0], WANTED[1], WANTED[2]];
            LAGS.iter()
                .map(|&lag| vec![lag.to_string(), view.class(&sets, at + lag as usize).to_owned()])
                .collect()
        }),
    ));
    for otherwise in [false, true] {
        let mut of = Classes::one("work", WeekSet::states(["employment"]));
        if otherwise {
            of = of.otherwise("other");
        }
        let label =
            Label::At { lags: LAGS.to_vec(), step: Step::Weeks, of, same: None, ever: true };
        let slow = move |view: &View, at: usize| -> Vec<Vec<String>> {
            let at_lag = |lag: u32| {
                let end = at + lag as usize;
                if end >= view.weeks.len() {
                    "unobserved"
                } else if (at..=end).any(|week| work(view.weeks[week])) {
                    "work"
                } else if otherwise {
                    "other"
                } else {
                    "none"
                }
            };
            LAGS.iter().map(|&lag| vec![lag.to_string(), at_lag(lag).to_owned()]).collect()
        };
        labels.push((label, Box::new(move |view, at, _, _| slow(view, at))));
    }
    labels.push((
        Label::At { lags: vec![0, 2], step: Step::Months, of: wanted(), same: None, ever: false },
        Box::new(|view, at, _, _| {
            [0, 2]
                .iter()
                .map(|&lag| {
                    let month = view.month_of[at] + lag;
                    let last = view.month_of.iter().rposition(|&of| of == month);
                    let class = last.map_or("unobserved", |week| view.class(&WANTED, week));
                    vec![lag.to_string(), class.to_owned()]
                })
                .collect()
        }),
    ));
    labels.push((
        Label::Age { birth_year: "born".to_owned(), bounds: vec![30, 40] },
        Box::new(|view, at, _, _| {
            // 2009 ends with its week 53, the 24th of these weeks.
            let year = if at < 24 { 2009 } else { 2010 };
            one(if view.born > year {
                "none".to_owned()
            } else {
                bin(&[30, 40], usize::try_from(year - view.born).unwrap(), true)
            })
        }),
    ));
    labels
}

/// Labels of spells.
fn spell_labels() -> Vec<(Label, Slow)> {
    vec![
        (
            Label::Duration { gaps_count: true, bounds: vec![4, 13, 26] },
            Box::new(|_, _, _, spell| {
                let (start, last, _) = spell.unwrap();
                one(bin(&[4, 13, 26], last + 1 - start, true))
            }),
        ),
        (
            Label::Duration { gaps_count: false, bounds: Vec::new() },
            Box::new(|view, _, own, spell| {
                let (start, last, _) = spell.unwrap();
                one((start..=last).filter(|&week| own(view.weeks[week])).count().to_string())
            }),
        ),
    ]
}

fn first(horizon: usize) -> (Label, Slow) {
    (
        Label::First { set: WeekSet::measures(COMPANY), horizon },
        Box::new(move |view, _, _, spell| {
            let (event, weeks) = view.first(company, spell.unwrap(), horizon);
            vec![vec![event.to_owned(), weeks.to_string()]]
        }),
    )
}

/// The units of a person by the text: anchor, class and spell.
type Found = (usize, (&'static str, Set), Option<(usize, usize, bool)>);

fn stock(view: &View) -> Vec<Found> {
    let class = CLASSES.iter().find(|(_, set)| set(view.weeks[REFERENCE]));
    class.map(|class| (REFERENCE, *class, None)).into_iter().collect()
}

fn starts(view: &View, gap: usize, clean: usize, (from, to): (usize, usize)) -> Vec<Found> {
    let mut found = Vec::new();
    for class in CLASSES {
        for (start, last, known, ended) in view.spells(class.1, gap) {
            let without = (0..start).rev().take_while(|&week| !(class.1)(view.weeks[week])).count();
            if known && without >= clean.max(gap + 1) && from <= start && start <= to {
                found.push((start, class, Some((start, last, ended))));
            }
        }
    }
    found
}

fn ends(view: &View, gap: usize, truncated: bool, (from, to): (usize, usize)) -> Vec<Found> {
    let mut found = Vec::new();
    for class in CLASSES {
        for (start, last, known, ended) in view.spells(class.1, gap) {
            if (known || truncated) && ended && from <= last && last <= to {
                found.push((last, class, Some((start, last, ended))));
            }
        }
    }
    found
}

fn weeks(view: &View, (from, to): (usize, usize)) -> Vec<Found> {
    let of = |week: usize| CLASSES.iter().find(|(_, set)| set(view.weeks[week]));
    (from..=to).filter_map(|week| of(week).map(|class| (week, *class, None))).collect()
}

type Finder = Box<dyn Fn(&View) -> Vec<Found>>;

fn units() -> Vec<(Units, Finder, bool, bool)> {
    let setting = setting();
    let at = |place| setting.weeks.week(place);
    let spells = |gap| WeekSpells { of: classes(), gap };
    let mut units: Vec<(Units, Finder, bool, bool)> = vec![
        (Units::Stock { week: at(REFERENCE), of: classes() }, Box::new(stock), false, false),
        (
            Units::Weeks { of: classes(), from: at(20), to: at(30) },
            Box::new(|view| weeks(view, (20, 30))),
            false,
            false,
        ),
    ];
    for (gap, clean, range) in [(0, 0, (5, 50)), (3, 4, (0, 63)), (3, 13, (10, 45))] {
        let (from, to) = (at(range.0), at(range.1));
        units.push((
            Units::Starts { spells: spells(gap), clean, once: gap == 0, from, to },
            Box::new(move |view| {
                let mut found = starts(view, gap, clean, range);
                if gap == 0 {
                    // Only the first of each class.
                    found.dedup_by_key(|found| found.1.0);
                }
                found
            }),
            true,
            true,
        ));
        units.push((
            Units::Ends { spells: spells(gap), left_truncated: gap == 0, from, to },
            Box::new(move |view| ends(view, gap, gap == 0, range)),
            true,
            false,
        ));
    }
    units
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_label_of_every_unit_is_the_slow_one(persons in persons()) {
        let setting = setting();
        prop_assert_eq!(setting.weeks.place(week(2010, 20)), Some(REFERENCE));
        let views: Vec<View> =
            persons.iter().map(|person| View::new(&setting, person)).collect();
        let mut tables = Vec::new();
        let mut expected = Vec::new();
        for (units, find, spells, starts) in units() {
            let mut all = labels();
            if spells {
                all.extend(spell_labels());
            }
            if starts {
                all.extend([first(13), first(100)]);
            }
            for (label, slow) in all {
                tables.push(WeekTable {
                    units: units.clone(),
                    only: Vec::new(),
                    dims: vec![("class".to_owned(), Label::Class), ("label".to_owned(), label)],
                });
                let mut counts: BTreeMap<Vec<String>, u64> = BTreeMap::new();
                for view in &views {
                    for (anchor, (name, own), spell) in find(view) {
                        for answer in slow(view, anchor, own, spell) {
                            let mut cell = vec![name.to_owned()];
                            cell.extend(answer);
                            *counts.entry(cell).or_insert(0) += 1;
                        }
                    }
                }
                expected.push(counts);
            }
        }
        let result = setting.scan(&persons, tables.clone());
        for ((table, found), expected) in tables.iter().zip(&result.tables).zip(&expected) {
            let found: BTreeMap<Vec<String>, u64> = cells(found).into_iter().collect();
            prop_assert_eq!(&found, expected, "{:?}", table);
        }
        // Other row groups and threads, and files of their own that are added up: the same bits.
        let folder = tempfile::tempdir().unwrap();
        let half = persons.len() / 2;
        setting.write(&folder.path().join("a.parquet"), &persons[..half], 7);
        let other = tempfile::tempdir().unwrap();
        setting.write(&other.path().join("b.parquet"), &persons[half..], 3);
        let mut plan = setting.plan(tables);
        plan.trust_ids = true;
        plan.threads = Some(3);
        let run = |folder: &std::path::Path| {
            let register = Register::open(folder).unwrap();
            let scan = WeekScan::new(&register, &plan).unwrap();
            scan.run(&NoProgress).unwrap()
        };
        // Labels of columns by their own values depend on the values that a part of the register has.
        let joined = |index: &usize| {
            !tables_have_age(&plan.tables[*index])
        };
        let (first, second) = (run(folder.path()), run(other.path()));
        for index in (0..plan.tables.len()).filter(joined) {
            let mut sum = first.tables[index].clone();
            sum.merge(&second.tables[index]).unwrap();
            prop_assert_eq!(&sum, &result.tables[index]);
        }
    }

    #[test]
    fn conditions_are_labels_looked_at_before(persons in persons()) {
        let setting = setting();
        let look_back = Label::LookBack {
            set: WeekSet::states(ASSISTANCE), weeks: 10, percent: 50, with_anchor: true,
        };
        let stock = |only, dims| WeekTable {
            units: Units::Stock { week: setting.weeks.week(REFERENCE), of: classes() }, only, dims,
        };
        let sex = || ("sex".to_owned(), Label::Grouping("sex".to_owned()));
        let result = setting.scan(&persons, vec![
            stock(vec![(look_back.clone(), vec!["yes".to_owned()])], vec![sex()]),
            stock(Vec::new(), vec![("long".to_owned(), look_back), sex()]),
        ]);
        prop_assert_eq!(&result.tables[0], &result.tables[1].select("long", "yes").unwrap());
    }
}

fn tables_have_age(table: &WeekTable) -> bool {
    table.dims.iter().any(|(_, label)| matches!(label, Label::Age { .. }))
}
