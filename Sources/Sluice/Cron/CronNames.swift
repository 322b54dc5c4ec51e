#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The entries that a worker declares, as it tells of its process.
struct CronNames: Decodable {
    private var cron: [String]?

    var names: [String] { cron ?? [] }

    init(info: String) {
        self = (try? JSONDecoder().decode(CronNames.self, from: Data(info.utf8))) ?? CronNames(cron: nil)
    }

    private init(cron: [String]?) { self.cron = cron }
}
