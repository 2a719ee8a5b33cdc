//! `trunkline demo`.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::Failure;
use super::serve::stop_signal;
use crate::demo::{Addresses, Demo};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where the daemon listens; the page and the others take the four ports after it.
    #[arg(long, default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Where the CRM page is served.
    #[arg(long, value_name = "ADDRESS")]
    page: Option<SocketAddr>,
    /// Where the simulated phone is served.
    #[arg(long, value_name = "ADDRESS")]
    widget: Option<SocketAddr>,
    /// Where the simulated chat workspace is served.
    #[arg(long, value_name = "ADDRESS")]
    workspace: Option<SocketAddr>,
    /// Where the shop with the web chat is served.
    #[arg(long, value_name = "ADDRESS")]
    shop: Option<SocketAddr>,
    /// Where the demo's database is kept; the system's temporary folder when not given.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Start with a new address book and an empty journal.
    #[arg(long)]
    fresh: bool,
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let next = |offset: u16| {
        let port = if args.listen.port() == 0 { 0 } else { args.listen.port().saturating_add(offset) };
        SocketAddr::new(args.listen.ip(), port)
    };
    let addresses = Addresses {
        daemon: args.listen,
        page: args.page.unwrap_or_else(|| next(1)),
        widget: args.widget.unwrap_or_else(|| next(2)),
        workspace: args.workspace.unwrap_or_else(|| next(3)),
        shop: args.shop.unwrap_or_else(|| next(4)),
    };
    let folder = args.data.unwrap_or_else(|| std::env::temp_dir().join("trunkline-demo"));
    let demo = Demo::start(&folder, args.fresh, &addresses).await?;
    println!("daemon {}", demo.daemon);
    println!("page {}", demo.page);
    println!("widget {}", demo.widget);
    println!("workspace {}", demo.workspace);
    println!("shop {}", demo.shop);
    println!("\nOpen {} in a browser. Ctrl-C ends the demo.", demo.page);
    demo.serve(stop_signal()).await
}
