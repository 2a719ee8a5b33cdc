//! Changes, deletions, sweeps and fetches.

use super::model::{Model, Ran, Seen};
use super::world::{Person, World};

/// Somebody is signed in.
pub async fn who(world: &mut dyn World) {
    let account = world.connector().who_am_i(&world.whose()).await.expect("an account");
    assert!(!account.name.is_empty() || !account.id.is_empty(), "an account without name and id");
}

async fn run(world: &dyn World, model: &mut Model) -> Ran {
    model.run(&*world.connector()).await.unwrap_or_else(|error| panic!("a run: {error}"))
}

/// What stands upstream before the suite, if anything.
pub async fn first_run(world: &mut dyn World) -> Model {
    let mut model = Model::default();
    run(world, &mut model).await;
    if world.connector().capabilities().incremental {
        assert!(model.cursor.is_some(), "an incremental connector ends a run with a cursor");
    }
    model
}

/// What is added comes, once and as it was written; a quiet run changes nothing.
pub async fn added(world: &mut dyn World, model: &mut Model) {
    let before = model.seen();
    let mut ada = Person::new("Ada", "Lovelace", "+16505550100");
    ada.phones.push(("+16505550101".to_owned(), "business"));
    ada.email = Some("ada@analytical.example".to_owned());
    let people =
        [ada, Person::new("Zoë", "Müller-Straße", "+498912345670"), Person::new("太郎", "山田", "+81312345678")];
    let ids = world.add(&people).await;
    world.settle().await;
    run(world, model).await;
    for (id, person) in ids.iter().zip(&people) {
        let mut expected = Seen::person(person);
        // Where the family name comes first, it is the connector's to say so.
        if person.given == "太郎" && model.records.contains_key(id) {
            expected.name = Seen::of(&model.records[id]).name;
            assert!(expected.name.contains("太郎") && expected.name.contains("山田"), "{}", expected.name);
        }
        model.shows(id, &expected);
    }
    assert_eq!(model.records.len(), before.len() + people.len(), "something came twice");
    let seen = model.seen();
    let ran = run(world, model).await;
    assert_eq!(model.seen(), seen, "a quiet run changed something");
    assert!(ran.pages < 3, "a quiet run has {} pages", ran.pages);
    model.sweep(&*world.connector()).await;
    assert_eq!(model.seen(), seen, "a sweep right after a run changed something");
}

/// What is edited comes as it stands now, and nothing else changes.
pub async fn edited(world: &mut dyn World, model: &mut Model) {
    let ids = world.add(&[Person::new("Grace", "Brewster", "+16505550110")]).await;
    world.settle().await;
    run(world, model).await;
    let mut expected = model.seen();
    let mut grace = Person::new("Grace", "Hopper", "+16505550111");
    grace.phones.push(("+16505550112".to_owned(), "business"));
    for phone in ["+16505550113", "+16505550114"] {
        phone.clone_into(&mut grace.phones[0].0);
        world.edit(&ids[0], &grace).await;
        world.settle().await;
        run(world, model).await;
        expected.insert(ids[0].clone(), Seen::person(&grace));
        assert_eq!(model.seen(), expected);
    }
}

/// What is deleted goes: by a change where the connector says so, and by a sweep in any case. A fetch
/// knows what is there and what is not.
pub async fn deleted(world: &mut dyn World, model: &mut Model) {
    let people = [Person::new("Alan", "Turing", "+16505550120"), Person::new("Mary", "Somerville", "+16505550121")];
    let ids = world.add(&people).await;
    world.settle().await;
    run(world, model).await;
    let mut unswept = model.clone();
    world.delete(&ids[0]).await;
    world.settle().await;
    run(world, model).await;
    let connector = world.connector();
    if connector.capabilities().deletions {
        assert!(!model.records.contains_key(&ids[0]), "the deletion did not come");
    }
    model.sweep(&*connector).await;
    assert!(!model.records.contains_key(&ids[0]), "the sweep did not find the deletion");
    unswept.sweep(&*connector).await;
    assert_eq!(unswept.seen(), model.seen(), "a sweep alone finds what a run and a sweep find");

    let found = connector.fetch(&[ids[1].clone(), ids[0].clone()]).await.expect("a fetch");
    assert_eq!(found.len(), 1, "what is gone is not in a fetch");
    assert_eq!(found[0].external_id, ids[1]);
    assert_eq!(Seen::of(&found[0]), Seen::person(&people[1]));
    assert!(connector.fetch(&[]).await.expect("a fetch of nothing").is_empty());
}

/// More than a page comes whole, in a run that goes on and in one from the start.
pub async fn crowd(world: &mut dyn World, model: &mut Model) {
    let number = |at: usize| format!("+1650555{:04}", 1000 + at);
    let people: Vec<Person> =
        (0..world.crowd()).map(|at| Person::new("Member", &format!("N{at}"), &number(at))).collect();
    let ids = world.add(&people).await;
    world.settle().await;
    run(world, model).await;
    let mut anew = Model::default();
    let ran = run(world, &mut anew).await;
    assert!(ran.pages > 1, "{} contacts fit on a page: World::crowd is too small", people.len());
    for (id, person) in ids.iter().zip(&people) {
        model.shows(id, &Seen::person(person));
        anew.shows(id, &Seen::person(person));
    }
    model.sweep(&*world.connector()).await;
    assert_eq!(model.seen(), anew.seen(), "a sweep loses contacts");
}

/// A run goes on at its last cursor, asked by a connector that remembers nothing, also when contacts
/// change in the middle of it.
pub async fn after_a_crash(world: &mut dyn World, model: &mut Model) {
    let mut victims: Vec<String> =
        model.seen().into_iter().filter(|(_, seen)| seen.name.starts_with("Member")).map(|(id, _)| id).collect();
    let late = victims.pop().expect("a crowd");
    let early = victims.swap_remove(0);
    let mut anew = Model::default();
    let (mut pages, mut changed) = (0, false);
    loop {
        let page = world.connector().list_changes(anew.cursor.as_deref()).await.unwrap_or_else(|e| panic!("{e}"));
        pages += 1;
        assert!(pages < 1_000, "the run does not end");
        if let trunkline::domain::upstream::Next::Done(_) = anew.apply(page) {
            break;
        }
        if !changed {
            changed = true;
            world.edit(&early, &Person::new("Early", "Changed", "+16505550131")).await;
            world.edit(&late, &Person::new("Late", "Changed", "+16505550132")).await;
            world.delete(&victims[0]).await;
            world.settle().await;
        }
    }
    // What changed behind the run's back is found by the next one, with no help of a sweep.
    run(world, &mut anew).await;
    run(world, model).await;
    let deletions = world.connector().capabilities().deletions;
    for model in [&mut anew, &mut *model] {
        model.shows(&early, &Seen::person(&Person::new("Early", "Changed", "+16505550131")));
        model.shows(&late, &Seen::person(&Person::new("Late", "Changed", "+16505550132")));
        assert!(!deletions || !model.records.contains_key(&victims[0]), "a deletion was lost");
        model.sweep(&*world.connector()).await;
        assert!(!model.records.contains_key(&victims[0]));
    }
    assert_eq!(anew.seen(), model.seen());
}

/// A run from the start tells what all the runs before have told.
pub async fn same_from_the_start(world: &mut dyn World, model: &mut Model) {
    let mut anew = Model::default();
    run(world, &mut anew).await;
    run(world, model).await;
    model.sweep(&*world.connector()).await;
    anew.sweep(&*world.connector()).await;
    assert_eq!(anew.seen(), model.seen());
}
