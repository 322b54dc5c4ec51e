/// The name of a limit: `concurrency`, `depth`, `rate/host`, `weight/account=42`. Code, command line and Redis use the same text.
package struct LimitName: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case concurrency, rate, depth, breaker, weight
    }

    package let kind: Kind
    /// The partition or dependency; nil for the whole queue.
    package let dimension: String?
    /// One value of the partition, encoded as in lanes; nil for each of them.
    package let value: String?

    /// Parses the canonical text.
    /// - Throws: `invalidArgument` for any other text.
    package init(canonical text: String) throws(SluiceError) {
        try self.init(text, encoded: { PartitionValue.isEncoded($0) ? $0 : nil })
    }

    /// Parses a name as people write it, and encodes a value that is not encoded.
    /// - Throws: `invalidArgument` for any other text. The message says what would be right.
    package init(parsing text: String) throws(SluiceError) {
        try self.init(text, encoded: { PartitionValue.isEncoded($0) ? $0 : PartitionValue.encoded($0) })
    }

    private init(_ text: String, encoded: (String) -> String?) throws(SluiceError) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let kind = Kind(rawValue: parts[0]) else {
            let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw SluiceError(.invalidArgument, "'\(text.prefix(80))' is no limit: it begins with one of \(kinds)")
        }
        let scope = parts.count == 2 ? parts[1].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false) : []
        self.kind = kind
        self.dimension = scope.first.map(String.init)
        if let dimension { try DimensionName.check(dimension) }
        if scope.count == 2 {
            guard let value = encoded(String(scope[1])) else {
                throw SluiceError(.invalidArgument, "'\(text.prefix(80))' has a value that is not encoded as in lanes")
            }
            self.value = value
        } else {
            self.value = nil
        }
        try checkScope()
    }

    private func checkScope() throws(SluiceError) {
        switch kind {
        case .concurrency, .rate: break
        case .depth:
            if dimension != nil { throw SluiceError(.invalidArgument, "a depth is of the whole queue: write depth alone") }
        case .breaker:
            if dimension == nil {
                throw SluiceError(.invalidArgument, "a breaker is of a partition or a dependency: breaker/host")
            }
        case .weight:
            if value == nil { throw SluiceError(.invalidArgument, "a weight is of one value of a partition: weight/account=42") }
        }
    }

    /// The gate, if the limit has a single one: `account=42`, `tmdb`, `*`. A dimension means all its values.
    package var scope: String {
        guard let dimension else { return "*" }
        return value.map { dimension + "=" + $0 } ?? dimension
    }

    /// The canonical text.
    package var text: String { dimension == nil ? kind.rawValue : kind.rawValue + "/" + scope }

    /// The canonical text.
    package var description: String { text }
}
