import Foundation

extension WorkerStatus {
    /// The version of the program that the worker is a part of; nil if it tells none, or tells it as something else than text.
    ///
    /// It is what the worker says, at most 128 bytes of it: text to be escaped where it is shown.
    public var version: String? {
        let told = try? JSONDecoder().decode(Told.self, from: Data(info.utf8)).version
        return told.flatMap { $0.isEmpty ? nil : Action.bounded($0, 128) }
    }
}

/// The part of a worker's information that this reads.
private struct Told: Decodable {
    var version: String?
}
