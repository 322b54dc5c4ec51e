/// The values of a job to which limits can refer: `["account": "42", "host": "tmdb"]`. Partitions and needs together are the
/// job's lane, the unit of waiting and of fairness: jobs of one lane are served in order, and lanes take turns.
public struct Partitions: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// The values by partition name. Enqueueing throws `invalidArgument` for a name outside `[A-Za-z0-9_.-]{1,32}`.
    public var values: [String: String]

    /// Takes names and their values.
    public init(_ values: [String: String] = [:]) { self.values = values }

    /// Takes names and their values; the last of equal names wins.
    public init(dictionaryLiteral elements: (String, String)...) {
        self.values = Dictionary(elements, uniquingKeysWith: { _, last in last })
    }

    /// The lane: names sorted, values percent-encoded, needs without a value, such as `account=42&chain=7&host=tmdb&imdb?`. Empty
    /// without any of these.
    ///
    /// A digest replaces a value that takes more than 64 bytes: see ``PartitionValue``.
    /// - Throws: `invalidArgument` for a name outside `[A-Za-z0-9_.-]{1,32}`, a name that occurs twice, and a lane above 1,024
    ///   bytes.
    package func lane(needs: [Dependency] = [], chain: Chain? = nil) throws(SluiceError) -> String {
        if values.isEmpty, needs.isEmpty, chain == nil { return "" }
        var parts: [(name: String, text: String)] = []
        for (name, value) in values { parts.append((name, name + "=" + PartitionValue.encoded(value))) }
        for need in needs { parts.append((need.name, need.text)) }
        parts.sort { $0.name < $1.name }
        var last: String?
        for (name, _) in parts {
            try DimensionName.check(name)
            if name == last { throw SluiceError(.invalidArgument, "a job has '\(name)' twice among its partitions and needs") }
            last = name
        }
        if let chain {
            let part = (name: Chain.dimension, text: Chain.dimension + "=" + PartitionValue.encoded(chain.key))
            parts.insert(part, at: parts.firstIndex { $0.name > part.name } ?? parts.endIndex)
        }
        let lane = parts.map(\.text).joined(separator: "&")
        // Redis would reject the whole call, and with it the jobs of others.
        guard lane.utf8.count <= 1024 else {
            throw SluiceError(
                .invalidArgument, "a job's partitions and needs take \(lane.utf8.count) bytes in its lane: 1024 at most")
        }
        return lane
    }
}
