import SluiceCore

/// The demo's job: computes the SHA-256 of a file.
struct HashFile: Job {
    static let kind = "sha256"
    static let options = JobOptions(queue: queue, maxAttempts: 3, retry: .fixed(.milliseconds(100)), keepsResult: true)
    static let queue: QueueName = "files"

    struct Output: Codable, Sendable, Equatable {
        /// 64 hexadecimal digits.
        var sha256: String
        /// The time from when the job could be claimed to its claim, by the server's clock.
        var waitedMilliseconds: Int

        private enum CodingKeys: String, CodingKey {
            case sha256
            case waitedMilliseconds = "waited_ms"
        }
    }

    /// The path, encoded by `PathText`.
    var path: String
    /// Whether the run first asks the demo, which then kills its worker. So the kill always hits a busy worker, even with few
    /// files.
    var asksFirst: Bool?
}
