use tokio::runtime::Builder;

use super::Stores;

/// Runs one case on a fresh store, on a runtime of its own with four threads.
///
/// Whatever `fresh` gives beside the stores is kept until the case has ended.
pub fn run<G>(fresh: impl AsyncFnOnce() -> (Stores, G), case: impl AsyncFnOnce(&Stores)) {
    let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build().expect("no runtime can be made");
    runtime.block_on(async {
        let (stores, _guard) = fresh().await;
        case(&stores).await;
    });
}
