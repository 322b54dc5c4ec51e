#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The cron entries that a worker declares in the description of its process.
package struct CronNames: Decodable {
    private var cron: [String]?

    /// The names that live workers declare.
    package static func declared(by workers: [ListWorkers.Item]) -> Set<String> {
        Set(workers.filter { $0.lease > .zero }.flatMap { names(info: $0.info) })
    }

    private static func names(info: String) -> [String] {
        (try? JSONDecoder().decode(CronNames.self, from: Data(info.utf8)))?.cron ?? []
    }
}
