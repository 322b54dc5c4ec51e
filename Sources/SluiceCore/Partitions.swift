/// What a job is about, as far as limits may refer to it: `["account": "42", "host": "tmdb"]`. All of them together are the
/// job's lane, the unit of waiting and of fairness: jobs of one lane are served in order, lanes take turns.
public struct Partitions: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// Value by name.
    public var values: [String: String]

    /// Takes names and their values.
    public init(_ values: [String: String] = [:]) { self.values = values }

    /// Takes names and their values; the last of equal names counts.
    public init(dictionaryLiteral elements: (String, String)...) {
        self.values = Dictionary(elements, uniquingKeysWith: { _, last in last })
    }

    /// The lane: names sorted, values percent-encoded, `account=42&host=tmdb`; empty without partitions.
    ///
    /// A value that takes more than 64 bytes so stands for itself by a digest, `~` and 16 hexadecimal digits of FNV-1a.
    /// - Throws: `invalidArgument` for a name outside `[A-Za-z0-9_.-]{1,32}`, and for a lane above 1,024 bytes.
    package func lane() throws(SluiceError) -> String {
        if values.isEmpty { return "" }
        var parts: [String] = []
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            guard (1...32).contains(name.utf8.count), name.utf8.allSatisfy(isPlain) else {
                throw SluiceError(.invalidArgument, "'\(name.prefix(40))' is no partition name: 1 to 32 letters, digits, _ . -")
            }
            parts.append(name + "=" + encoded(value))
        }
        let lane = parts.joined(separator: "&")
        // Redis would refuse the whole call, and with it the jobs of others.
        guard lane.utf8.count <= 1024 else {
            throw SluiceError(.invalidArgument, "a job's partitions take \(lane.utf8.count) bytes: 1024 at most")
        }
        return lane
    }
}

private func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
        true
    default: false
    }
}

private func encoded(_ value: String) -> String {
    var bytes: [UInt8] = []
    for byte in value.utf8 {
        if isPlain(byte) {
            bytes.append(byte)
        } else {
            bytes.append(UInt8(ascii: "%"))
            bytes.append(contentsOf: hex(UInt64(byte), digits: 2))
        }
    }
    if bytes.count <= 64 { return String(decoding: bytes, as: UTF8.self) }
    return "~" + String(decoding: hex(fnv1a(value.utf8), digits: 16), as: UTF8.self)
}

private func hex(_ number: UInt64, digits: Int) -> [UInt8] {
    let alphabet = Array("0123456789ABCDEF".utf8)
    return (0..<digits).map { alphabet[Int(number >> UInt64(4 * (digits - 1 - $0))) & 15] }
}

private func fnv1a(_ bytes: String.UTF8View) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
}
