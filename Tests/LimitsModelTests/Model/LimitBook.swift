/// What limits hold in the model: declared by code, overridden by operators, and what follows for each gate.
struct LimitBook {
    struct Rate: Equatable {
        var allowance: Int
        var period: Int
        var slack: Int
    }

    struct Breaker: Equatable {
        var failures: Int
        var within: Int
        var cools: Int
    }

    /// The limits of one gate, or of the queue.
    struct Caps: Equatable {
        var concurrency: Int?
        var rate: Rate?
        var breaker: Breaker?
    }

    struct Override {
        var value: String
        /// In ms; nil for no end.
        var until: Int?
    }

    private(set) var deploy: Int?
    private(set) var declared: [String: String] = [:]
    private(set) var overrides: [String: Override] = [:]
    /// By position in `World.gates`.
    private(set) var gates = World.gates.map { _ in Caps() }
    private(set) var queue = Caps()
    /// The dimensions that have gates.
    private(set) var dimensions: Set<String> = []

    init() { compile() }

    /// A dependency has a breaker even if nobody declares one.
    private static let standard = Breaker(failures: 5, within: 30_000, cools: 20_000)

    mutating func declare(_ limits: [String: String], deploy: Int) {
        self.deploy = deploy
        declared = limits
        compile()
    }

    mutating func raise(deploy: Int) { self.deploy = self.deploy.map { max($0, deploy) } ?? (deploy > 0 ? deploy : nil) }

    mutating func override(_ name: String, _ value: String, until: Int?) {
        overrides[name] = Override(value: value, until: until)
        compile()
    }

    mutating func restore(_ name: String) -> Bool {
        guard overrides.removeValue(forKey: name) != nil else { return false }
        compile()
        return true
    }

    /// Overrides whose time has come.
    func ended(at now: Int) -> [String] {
        overrides.filter { $0.value.until.map { $0 <= now } ?? false }.map(\.key)
    }

    mutating func endOverrides(at now: Int) {
        for name in ended(at: now) { overrides[name] = nil }
        compile()
    }

    /// Values by name as an operator is told them: those of dimensions.
    var effective: [String: String] {
        declared.merging(overrides.mapValues(\.value)) { $1 }.filter { !$0.key.contains("=") && $0.value != "none" }
    }

    private mutating func compile() {
        let values = declared.merging(overrides.mapValues(\.value)) { $1 }
        dimensions = []
        for name in values.keys where !name.hasPrefix("weight/") {
            let parts = name.split(separator: "/")
            if parts.count == 2 { dimensions.insert(String(parts[1].prefix { $0 != "=" })) }
        }
        queue = caps(values, nil, nil)
        for (index, name) in World.gates.enumerated() {
            let dimension = String(name.prefix { $0 != "=" })
            let isNeed = dimension == name
            var caps = caps(values, dimension, isNeed ? nil : name)
            if isNeed { caps.breaker = caps.breaker ?? Self.standard }
            gates[index] = caps
        }
    }

    private func caps(_ values: [String: String], _ dimension: String?, _ gate: String?) -> Caps {
        func numbers(_ kind: String) -> [Int]? {
            let value =
                gate.flatMap { values[kind + "/" + $0] } ?? dimension.map { values[kind + "/" + $0] }
                ?? values[kind]
            guard let value, value != "none" else { return nil }
            return value.split(separator: "/").compactMap { Int($0) }
        }
        return Caps(
            concurrency: numbers("concurrency")?[0],
            rate: numbers("rate").map {
                Rate(allowance: $0[0], period: $0[1], slack: $0.count > 2 ? $0[2] : max(1, ($0[1] * 3 + 99) / 100))
            },
            breaker: numbers("breaker").map { Breaker(failures: $0[0], within: $0[1], cools: $0[2]) })
    }
}
