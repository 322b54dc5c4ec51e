package import SluiceCore

/// A webhook notification about a job, delivered by a job of its own: `lua/relay/notices.lua`.
package struct Notice: Sendable, Hashable {
    /// The id of the delivering job, by which receivers recognise repetitions.
    package var id: JobID
    /// The host of the webhook.
    package var host: String
    /// The spec of the delivering job.
    package var spec: [UInt8]

    /// The delivering job. The notices of one job form a chain.
    package func item(of job: JobID, in queue: QueueName) throws(SluiceError) -> Deliver.Item {
        let lane = try Partitions(["host": host]).lane(chain: Chain("\(queue)/\(job)"))
        return Deliver.Item(id: id, spec: spec, options: "{\"lane\":\(JSONText.quoted(lane))}")
    }

    /// Parses the notices of a message, each `VERSION EVENT ID HOST LENGTH:` and its spec. Nil if they are malformed.
    static func list(_ text: ArraySlice<UInt8>) -> [Notice]? {
        var rest = text
        var list: [Notice] = []
        while !rest.isEmpty {
            guard let colon = end(of: 4, in: rest) else { return nil }
            let words = String(decoding: rest[..<colon], as: UTF8.self).split(separator: " ").map(String.init)
            rest = rest[(colon + 1)...]
            guard words.count == 5, let length = Int(words[4]), (1...rest.count).contains(length) else { return nil }
            list.append(Notice(id: JobID(known: words[2]), host: words[3], spec: Array(rest.prefix(length))))
            rest = rest.dropFirst(length)
        }
        return list
    }

    /// The position of the colon after `blanks` blanks; the text before it may have other colons.
    private static func end(of blanks: Int, in text: ArraySlice<UInt8>) -> Int? {
        var left = blanks
        for index in text.indices {
            if text[index] == UInt8(ascii: " ") { left -= 1 }
            if left == 0, text[index] == UInt8(ascii: ":") { return index }
        }
        return nil
    }
}
