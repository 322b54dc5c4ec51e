import Foundation

/// The places of a worker, by what it tells of its process.
package enum WorkerPlaces {
    private struct Info: Decodable { var concurrency: Int? }

    /// The worker's concurrency; nil if it told none.
    package static func read(_ info: String) -> Int? {
        try? JSONDecoder().decode(Info.self, from: Data(info.utf8)).concurrency
    }
}
