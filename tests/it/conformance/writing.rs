//! Contacts made and changed by the connector.

use trunkline::domain::upstream::{NewContact, NewPhone, Trouble};

use super::model::{Model, Seen};
use super::world::World;

fn emmy() -> NewContact {
    let phone = |number: &str, kind: &str| NewPhone { phone_number: number.to_owned(), phone_type: kind.to_owned() };
    NewContact {
        name: "Emmy Noether".to_owned(),
        first_name: "Emmy".to_owned(),
        last_name: "Noether".to_owned(),
        phone_numbers: vec![phone("+16505550140", "mobile"), phone("+16505550141", "business")],
        emails: vec!["emmy@algebra.example".to_owned()],
        ..NewContact::default()
    }
}

async fn run(world: &dyn World, model: &mut Model) {
    model.run(&*world.connector()).await.unwrap_or_else(|error| panic!("a run: {error}"));
}

/// What is made stands upstream once, as the answer says, and comes with the next run.
pub async fn create(world: &mut dyn World, model: &mut Model) {
    let made = world.connector().create_contact(&world.whose(), &emmy()).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(Seen::of(&made), Seen::new_contact(&emmy()), "the answer is the contact as it stands upstream");
    world.settle().await;
    let before = model.records.len();
    run(world, model).await;
    model.shows(&made.external_id, &Seen::new_contact(&emmy()));
    assert_eq!(model.records.len(), before + 1, "one contact was made");
    assert_eq!(model.records[&made.external_id].version, made.version, "versions of one state are one");
    let found = world.connector().fetch(std::slice::from_ref(&made.external_id)).await.expect("a fetch");
    assert_eq!(Seen::of(&found[0]), Seen::new_contact(&emmy()));
    let empty = world.connector().create_contact(&world.whose(), &NewContact::default()).await;
    assert_eq!(empty.expect_err("nothing to make").trouble, Trouble::Rejected);
}

/// What is changed changes, and what `NewContact` does not know stays.
pub async fn update(world: &mut dyn World, model: &mut Model) {
    let id = model.seen().into_iter().find(|(_, seen)| seen.name == "Emmy Noether").map(|(id, _)| id);
    let id = id.expect("a connector that changes contacts makes them");
    let marked = world.mark(&id).await;
    world.settle().await;
    let mut after = emmy();
    "+16505550149".clone_into(&mut after.phone_numbers[0].phone_number);
    let changed = world.connector().update_contact(&world.whose(), &id, &after).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(changed.external_id, id);
    assert_eq!(Seen::of(&changed), Seen::new_contact(&after));
    assert!(!marked || world.is_marked(&id).await, "what the connector does not know was lost");
    world.settle().await;
    run(world, model).await;
    model.shows(&id, &Seen::new_contact(&after));

    world.delete(&id).await;
    world.settle().await;
    let gone = world.connector().update_contact(&world.whose(), &id, &after).await.expect_err("it is deleted");
    assert_eq!(gone.trouble, Trouble::Gone, "{gone}");
    run(world, model).await;
    model.sweep(&*world.connector()).await;
}
