extension Limit {
    /// Parses a limit of the command line: `concurrency=12`, `concurrency=2/account`, `rate=300/1s`, `rate=40/10s/host`,
    /// `breaker=5/30s/20s/host`, `weight=4/account=42`, `depth=100000`. The part after the numbers is a partition, one value of
    /// it, or a dependency.
    /// - Throws: `invalidArgument` for any other text. The message says what would be right.
    package init(parsing text: String) throws(SluiceError) {
        guard let equals = text.firstIndex(of: "="), let kind = LimitName.Kind(rawValue: String(text[..<equals])) else {
            throw SluiceError(
                .invalidArgument,
                "'\(text.prefix(80))' is no limit: write concurrency=12, concurrency=2/account, rate=300/1s, rate=40/10s/host, "
                    + "breaker=5/30s/20s/host, weight=4/account=42 or depth=100000")
        }
        let numbers = kind.numbers
        let parts = text[text.index(after: equals)...].split(
            separator: "/", maxSplits: numbers, omittingEmptySubsequences: false)
        let value = try LimitValue(parsing: parts.prefix(numbers).joined(separator: "/"), of: kind)
        if value == .none { throw SluiceError(.invalidArgument, "'\(text.prefix(80))' limits nothing") }
        let scope = parts.count > numbers ? "/" + parts[numbers] : ""
        let name = try LimitName(parsing: kind.rawValue + scope)
        self.init(name: name.text, value: value.text)
    }
}

extension LimitName.Kind {
    /// How many numbers a value has, not counting the guard of a rate.
    fileprivate var numbers: Int {
        switch self {
        case .concurrency, .weight, .depth: 1
        case .rate: 2
        case .breaker: 3
        }
    }
}
