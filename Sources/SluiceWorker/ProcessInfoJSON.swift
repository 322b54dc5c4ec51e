import Foundation
import SluiceCore

/// The description of a worker's process, for people and for `explain`.
enum ProcessInfoJSON {
    /// The most bytes of a version.
    static let longestVersion = 128

    /// - Parameters:
    ///   - version: the version of the program. What is longer is cut.
    ///   - replyBytes: the limit for jobs in a reply, in bytes, if lower than usual.
    static func text(
        host: String?, concurrency: Int, kinds: [String], cron: [String] = [], version: String? = nil, replyBytes: Int? = nil
    ) -> String {
        let process = ProcessInfo.processInfo
        var text: [UInt8] = Array(
            ("{\"host\":\(JSONText.quoted(host ?? process.hostName)),\"pid\":\(process.processIdentifier),"
                + "\"started\":\(started),\"concurrency\":\(concurrency),\"kinds\":").utf8)
        JSONText.append(kinds, to: &text)
        if !cron.isEmpty {
            text.append(contentsOf: ",\"cron\":".utf8)
            JSONText.append(cron, to: &text)
        }
        if let version, !version.isEmpty { text.append(contentsOf: ",\"version\":\(JSONText.quoted(bounded(version)))".utf8) }
        if let replyBytes { text.append(contentsOf: ",\"bytes\":\(replyBytes)".utf8) }
        text.append(UInt8(ascii: "}"))
        return String(decoding: text, as: UTF8.self)
    }

    /// The characters that fit.
    private static func bounded(_ version: String) -> String {
        var size = 0
        let kept = version.unicodeScalars.prefix { scalar in
            size += scalar.utf8.count
            return size <= longestVersion
        }
        return String(kept)
    }

    /// The start of the process, in ms since 1970 by this host's clock.
    private static let started = Int(Date().timeIntervalSince1970 * 1000)
}
