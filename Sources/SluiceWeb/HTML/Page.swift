import HTTPTypes
import SluiceInspector

/// What a page shows, without its frame.
struct Page: Sendable {
    /// The parts of the navigation.
    enum Section: String, Sendable, CaseIterable {
        case overview = "Overview"
        case jobs = "Jobs"
        case failures = "Failures"
        case workflows = "Workflows"
        case batches = "Batches"
        case cron = "Cron"
        case webhooks = "Web hooks"
        case limits = "Limits"
        case workers = "Workers"
        case health = "Health"
        case log = "Log"
        case tokens = "Tokens"

        /// The least role that sees it.
        var role: Role { self == .tokens ? .admin : .viewer }

        /// The path below the site.
        var path: String { self == .overview ? "" : rawValue.lowercased().replacing(" ", with: "") }
    }

    var title: String
    var section: Section?
    /// The command of the tool that shows the same.
    var command: String?
    /// The queues whose changes make this page fetch itself anew; `*` for all; none for a page that stands still.
    var topics: [String] = []
    var status = HTTPResponse.Status.ok
    /// Seconds after which the browser loads the page again, for something that is under way.
    var refresh: Int?
    var content: HTML
}

/// What surrounds the content of all pages of a site.
struct PageFrame: Sendable, Hashable {
    struct OtherSite: Sendable, Hashable {
        var name: String
        var address: String
        var isCurrent: Bool
    }

    /// The sites to choose from; empty if there is only one.
    var sites: [OtherSite] = []
    var badge: String?
    var badgeColor = DashboardSite.Color.grey
    var version: String
    var hasLogin: Bool
}
