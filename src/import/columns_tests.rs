use super::*;

fn read(headers: &str, mapping: Option<&str>) -> Result<Columns, ImportError> {
    let headers: Vec<String> = headers.split(',').map(str::to_owned).collect();
    let mapping = mapping.map(|text| text.parse().unwrap());
    Columns::read(&headers, mapping.as_ref(), "f.csv")
}

fn kinds(columns: &Columns) -> Vec<(usize, &'static str)> {
    columns.phones.iter().map(|phone| (phone.value, phone.kind)).collect()
}

#[test]
fn google_old_and_new() {
    let old = "Name,Given Name,Additional Name,Family Name,Notes,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,\
               Phone 1 - Value,Phone 2 - Type,Phone 2 - Value,Organization 1 - Name,Organization 1 - Title,Website 1 - Value";
    let columns = read(old, None).unwrap();
    assert_eq!((columns.recognised, columns.name, columns.family), ("Google Contacts", Some(0), Some(3)));
    assert_eq!((columns.emails.as_slice(), columns.company, columns.job_title), (&[6][..], Some(11), Some(12)));
    assert_eq!(columns.phones[1], PhoneColumn { value: 10, label: Some(9), kind: "phone" });
    let new = "First Name,Middle Name,Last Name,Phonetic First Name,Organization Name,Organization Title,\
               Organization Department,Photo,Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value";
    let columns = read(new, None).unwrap();
    assert_eq!((columns.recognised, columns.given, columns.company), ("Google Contacts", Some(0), Some(4)));
    assert_eq!((columns.department, columns.photo, columns.phones[0].label), (Some(6), Some(7), Some(11)));
}

#[test]
fn outlook_and_its_honorific() {
    let columns = read(
        "Title,First Name,Last Name,Company,Job Title,Business Fax,Business Phone,Business Phone 2,Company Main Phone,\
         Home Phone,Mobile Phone,Other Fax,Assistant's Phone,E-mail Address,E-mail Type,E-mail 2 Address,Account",
        None,
    )
    .unwrap();
    assert_eq!((columns.recognised, columns.job_title, columns.id), ("Outlook", Some(4), None));
    let expected =
        [(5, "fax"), (6, "business"), (7, "business"), (8, "company"), (9, "home"), (10, "mobile"), (11, "fax")];
    assert_eq!(kinds(&columns), expected);
    assert_eq!(columns.emails, [13, 15]);
}

#[test]
fn hubspot_has_ids() {
    let columns = read(
        "Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,Company Name,Job Title,Contact owner",
        None,
    )
    .unwrap();
    assert_eq!((columns.recognised, columns.id, columns.company), ("HubSpot", Some(0), Some(6)));
    assert_eq!((kinds(&columns), columns.emails), (vec![(4, "phone"), (5, "mobile")], vec![3]));
}

#[test]
fn other_files_by_common_names() {
    let columns = read("ID,FULL NAME,Tel.,Cell,Office phone,E-Mail,organisation,Title,Ext.,Phone type,Fax no.", None);
    let columns = columns.unwrap();
    assert_eq!((columns.recognised, columns.id, columns.name), ("columns by name", Some(0), Some(1)));
    assert_eq!(kinds(&columns), [(2, "phone"), (3, "mobile"), (4, "business"), (10, "fax")]);
    assert_eq!((columns.company, columns.job_title, columns.extension), (Some(6), Some(7), Some(8)));
}

#[test]
fn a_mapping_rules_and_its_mistakes_are_named() {
    let columns = read("Nom,Numéro,Portable", Some("name=nom,phone=Numero,mobile=Portable")).unwrap();
    assert_eq!((columns.name, kinds(&columns)), (Some(0), vec![(1, "phone"), (2, "mobile")]));
    let missing = read("Nom,Tel", Some("name=Name,phone=Tel")).unwrap_err().to_string();
    assert!(missing.contains("\"Name\"") && missing.contains("\"Nom\", \"Tel\""), "{missing}");
    let unknown = read("Nom,Rufnummer", None).unwrap_err().to_string();
    assert!(unknown.contains("\"Rufnummer\"") && unknown.contains("--map name=Column"), "{unknown}");
    assert!(read(&"x".repeat(90_000), None).unwrap_err().to_string().len() < 2_000);
}
