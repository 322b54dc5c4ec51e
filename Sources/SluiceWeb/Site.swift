import Sluice
import SluiceInspector

/// A site with what its pages share.
final class Site: Sendable {
    let description: DashboardSite
    let watcher: Watcher
    let pages: PageCache
    let bulk: BulkTasks
    let health = HealthTasks()
    let tokens = TokenCache()
    let waits = Waits()
    let tails = Waits(EventTail.most)
    let drains = Waits(DrainWait.most)

    init(_ description: DashboardSite) {
        self.description = description
        let pages = PageCache()
        self.pages = pages
        watcher = Watcher(description.inspector, pages)
        bulk = BulkTasks()
    }

    var name: String { description.name }
    var inspector: Inspector { description.inspector }

    /// Lets the next page show what an action has changed.
    func changed() async {
        await watcher.invalidate()
        await pages.clear()
    }
}
