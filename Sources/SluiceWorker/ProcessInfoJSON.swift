import Foundation
import SluiceCore

/// What a worker tells of its process, for people.
enum ProcessInfoJSON {
    static func text(host: String?, concurrency: Int) -> String {
        let process = ProcessInfo.processInfo
        return "{\"host\":\(JSONText.quoted(host ?? process.hostName)),\"pid\":\(process.processIdentifier),"
            + "\"started\":\(started),\"concurrency\":\(concurrency)}"
    }

    /// In ms since 1970, by this host's clock.
    private static let started = Int(Date().timeIntervalSince1970 * 1000)
}
