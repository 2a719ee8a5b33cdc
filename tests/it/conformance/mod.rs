//! What every connector must do, whatever stands behind it.
//!
//! To hold a connector to it: implement [`World`] for its upstream (a real server, or a fake that
//! enforces the vendor's rules), and call [`conform`] in a test:
//!
//! ```ignore
//! #[tokio::test]
//! async fn radicale_conforms() {
//!     conform(&mut RadicaleWorld::start().await).await;
//! }
//! ```
//!
//! The suite drives the connector as the sync engine does (every page followed to its end, cursors
//! carried from run to run, changes applied to a model) while the world, as another client, adds,
//! edits and deletes upstream. Which parts run is decided by the connector's own [`Capabilities`]: a
//! connector that says it can do something is held to it. What it need not do: hand out only what
//! changed (an overlap is allowed, since what comes again unchanged costs nothing).
//!
//! [`Capabilities`]: trunkline::domain::upstream::Capabilities

mod logs;
mod model;
mod reading;
mod trouble;
mod world;
mod writing;

pub use model::Model;
pub use world::{Person, SeenLog, World};

/// Runs the whole suite. The world may already hold contacts; those it adds are left behind.
pub async fn conform(world: &mut dyn World) {
    let capabilities = world.connector().capabilities();
    reading::who(world).await;
    let mut model = reading::first_run(world).await;
    reading::added(world, &mut model).await;
    reading::edited(world, &mut model).await;
    reading::deleted(world, &mut model).await;
    reading::crowd(world, &mut model).await;
    reading::after_a_crash(world, &mut model).await;
    if capabilities.create_contact {
        writing::create(world, &mut model).await;
    }
    if capabilities.update_contact {
        writing::update(world, &mut model).await;
    }
    if capabilities.write_call_log || capabilities.write_message_log {
        logs::written(world, &model).await;
    }
    reading::same_from_the_start(world, &mut model).await;
    trouble::unknown_cursor(world, &mut model).await;
    trouble::locked_out(world).await;
}
