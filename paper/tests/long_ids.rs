//! Persons are told apart by every digit of their identity numbers.

mod built;

use built::{Folder, afgang};

/// Identity numbers of many digits, which doubles cannot tell apart, and with zeros before them.
#[test]
fn long_numbers_are_different_persons() {
    let folder = Folder::new();
    let ids = ["9007199254740992", "9007199254740993", "0017", "17", "17", "9007199254740993"];
    let small = ["1", "2", "3", "4", "4", "2"];
    let mut files = [ids, small].map(|ids| {
        let rows = (1..).zip(ids).map(|(time, id)| format!("{time},1,{id}\n"));
        "t,e,id\n".to_owned() + &rows.collect::<String>()
    });
    let errors = files.each_mut().map(|csv| {
        folder.write("d.csv", csv);
        let line = "curve km d.csv --time t --event e --cluster id --out k.json";
        afgang(&folder, &line.split(' ').collect::<Vec<_>>()).good();
        folder.read("k.json").replace("d.csv", "")
    });
    assert_eq!(errors[0], errors[1]);
}
