/// The id of one worker process, new at every boot: host, process id and a random part. So a restart under the same host name and
/// process id is another worker.
public struct WorkerID: Hashable, Sendable, CustomStringConvertible {
    /// The id as text, without spaces.
    public let text: String

    /// Makes a new id on `host`.
    package init(host: String, process: Int32) {
        let safe = host.utf8.filter { (0x21...0x7E).contains($0) }.prefix(63)
        let random = String(UInt64.random(in: .min ... .max), radix: 36)
        self.text = "\(String(decoding: safe, as: UTF8.self)).\(process).\(random)"
    }

    /// Takes an id from Redis.
    package init(known text: String) { self.text = text }

    /// The text of the value.
    public var description: String { text }
}

/// The number that every write of a run carries. It is new for each claim, and rises. A resource that remembers the highest number
/// it has seen can reject a run that was overtaken (Martin Kleppmann, "How to do distributed locking", 2016).
public struct Fence: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The number.
    public let number: UInt64

    package init(_ number: UInt64) { self.number = number }

    /// The text of the value.
    public var description: String { String(number) }

    /// Orders by number.
    public static func < (left: Fence, right: Fence) -> Bool { left.number < right.number }
}
