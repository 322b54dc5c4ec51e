import SluiceCore
import SluiceInspector

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A table of gates: what each lets through, as bars and in words.
struct GateTable {
    private let hasQueue: Bool
    private var table: Table

    init(hasQueue: Bool) {
        self.hasQueue = hasQueue
        table = Table(
            "Gates",
            [.init("Gate")] + (hasQueue ? [.init("Queue", .short)] : []) + [
                .init("Places", .short), .init("Rate", .short), .init("Breaker", .short), .init("Lanes waiting", .number),
            ])
    }

    mutating func add(_ gate: GateStatus, of limits: QueueLimits, _ links: Links) {
        let address = links.to("limits", limits.queue.text, query: [("gate", gate.gate)])
        table.rows.append(
            [Parts.link(address, gate.gate == "*" ? "the whole queue" : gate.gate)]
                + (hasQueue ? [Parts.link(links.queue(limits.queue), limits.queue.text)] : []) + [
                    Self.places(gate), Self.rate(gate.rate), Self.breaker(gate.breaker, at: limits.time),
                    Parts.number(gate.lanesWaiting),
                ])
    }

    var html: HTML { table.html }

    static func places(_ gate: GateStatus) -> HTML {
        guard let limit = gate.concurrency else { return "\(HumanText.number(gate.running)) running" }
        let words = "\(HumanText.number(gate.running)) of \(HumanText.number(limit)) held"
        return "\(Sparks.share(gate.running, of: limit, words)) \(words)"
    }

    static func rate(_ rate: GateStatus.Rate?) -> HTML {
        guard let rate else { return "" }
        let words = "\(HumanText.number(rate.used)) of \(HumanText.number(rate.allowance)) used"
        return "\(Sparks.share(rate.used, of: rate.allowance, words)) \(words), \(next(rate.next))"
    }

    /// When the next job may start.
    static func next(_ wait: Duration) -> String { wait <= .zero ? "next at once" : "next in \(HumanText.duration(wait))" }

    static func breaker(_ breaker: GateStatus.Breaker?, at now: Date) -> HTML {
        guard let breaker else { return "" }
        return state(breaker.state, until: breaker.until, at: now)
    }

    static func state(_ state: BreakerState, until: Date?, at now: Date) -> HTML {
        switch state {
        case .closed: Parts.word(.good, "closed")
        case .halfOpen: Parts.word(.look, "half open: one job tries")
        case .open:
            Parts.word(
                .wrong,
                until.map {
                    $0 > now
                        ? "open, tries again in \(HumanText.duration(now.age(at: $0)))" : "open, tries again with the next job"
                }
                    ?? "open")
        }
    }
}

/// A table of dependencies, with switches.
struct DependencyTable {
    private let hasQueue: Bool
    private let mayAct: Bool
    private var table: Table

    init(hasQueue: Bool, mayAct: Bool) {
        self.hasQueue = hasQueue
        self.mayAct = mayAct
        table = Table(
            "Dependencies",
            [.init("Dependency")] + (hasQueue ? [.init("Queue", .short)] : []) + [
                .init("Switch", .short), .init("Breaker", .short), .init("Running", .number), .init("Lanes waiting", .number),
            ] + (mayAct ? [.init("Change", .short)] : []))
    }

    /// - Parameter everywhere: whether it is off in all queues, those to come included.
    mutating func add(_ one: DependencyStatus, everywhere: Bool, at now: Date, _ links: Links) {
        let position: HTML =
            one.offSince.map {
                "\(Parts.word(.look, everywhere ? "off everywhere" : "off")) <span class=\"soft\">\(Parts.time($0, at: now))</span>"
            } ?? Parts.word(.good, "on")
        table.rows.append(
            ["\(one.name)"] + (hasQueue ? [Parts.link(links.to("limits", one.queue.text), one.queue.text)] : []) + [
                position, GateTable.state(one.breaker, until: one.openUntil, at: now), Parts.number(one.running),
                Parts.number(one.lanesWaiting),
            ] + (mayAct ? [DependencyForms.toggle(one, everywhere: everywhere, row: table.rows.count, links)] : []))
    }

    /// One that is off everywhere, though no queue knows it yet.
    mutating func add(off name: String, _ links: Links) {
        table.rows.append(
            ["\(name)"] + (hasQueue ? ["–"] : []) + [Parts.word(.look, "off everywhere"), "", "", ""]
                + (mayAct ? [DependencyForms.on(name, in: nil, row: table.rows.count, links)] : []))
    }

    var html: HTML { table.html }
}
