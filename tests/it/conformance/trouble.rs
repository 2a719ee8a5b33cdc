//! What a connector says when it cannot.

use trunkline::domain::upstream::Trouble;

use super::model::Model;
use super::world::World;

/// A cursor that is not known is told, or answered with everything; never with silence.
pub async fn unknown_cursor(world: &mut dyn World, model: &mut Model) {
    let mut cursors = vec!["not a cursor".to_owned(), String::new()];
    cursors.extend(world.unknown_cursor());
    for cursor in cursors {
        let mut lost = Model { cursor: Some(cursor.clone()), ..Model::default() };
        match lost.run(&*world.connector()).await {
            Err(error) => assert_eq!(error.trouble, Trouble::Gone, "{cursor}: {error}"),
            Ok(_) => assert_eq!(lost.seen(), model.seen(), "{cursor} hides contacts"),
        }
    }
}

/// A wrong credential is told apart from all else, by every question.
pub async fn locked_out(world: &mut dyn World) {
    let Some(connector) = world.locked_out() else { return };
    let whose = world.whose();
    let told = [
        connector.list_changes(None).await.err(),
        connector.list_ids(None).await.err(),
        connector.who_am_i(&whose).await.err(),
        connector.fetch(&["x".to_owned()]).await.err(),
    ];
    for error in told {
        let error = error.expect("a wrong credential opens nothing");
        assert_eq!(error.trouble, Trouble::Unauthorized, "{error}");
        assert!(!error.words.is_empty());
    }
}
