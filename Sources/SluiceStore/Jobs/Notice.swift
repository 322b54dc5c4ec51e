package import SluiceCore

/// What a web hook is to hear of a job, as a job of the queue for that: `lua/relay/notices.lua`.
package struct Notice: Sendable, Hashable {
    /// Of the job that delivers it, and the key by which receivers know a repeated one.
    package var id: JobID
    /// The host of the hook.
    package var host: String
    /// The spec of the job that delivers it.
    package var spec: [UInt8]

    /// The job that delivers it. Notices of one job are a chain.
    package func item(of job: JobID, in queue: QueueName) throws(SluiceError) -> Deliver.Item {
        let lane = try Partitions(["host": host]).lane(chain: Chain("\(queue)/\(job)"))
        return Deliver.Item(id: id, spec: spec, options: "{\"lane\":\(JSONText.quoted(lane))}")
    }

    /// Reads the notices of a fact, each `VERSION EVENT ID HOST LENGTH:` and its spec. Nil if they make no sense.
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

    /// Where the colon stands after so many blanks: what comes before may have colons of its own.
    private static func end(of blanks: Int, in text: ArraySlice<UInt8>) -> Int? {
        var left = blanks
        for index in text.indices {
            if text[index] == UInt8(ascii: " ") { left -= 1 }
            if left == 0, text[index] == UInt8(ascii: ":") { return index }
        }
        return nil
    }
}
