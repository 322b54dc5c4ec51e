import Foundation
import SluiceCore

/// What a worker tells of its process, for people and for `explain`.
enum ProcessInfoJSON {
    /// - Parameter replyBytes: how many bytes of jobs a reply to the worker may bring, if fewer than usual.
    static func text(
        host: String?, concurrency: Int, kinds: [String], cron: [String] = [], replyBytes: Int? = nil
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
        if let replyBytes { text.append(contentsOf: ",\"bytes\":\(replyBytes)".utf8) }
        text.append(UInt8(ascii: "}"))
        return String(decoding: text, as: UTF8.self)
    }

    /// In ms since 1970, by this host's clock.
    private static let started = Int(Date().timeIntervalSince1970 * 1000)
}
