import Hiredis
import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Examines the nodes of a cluster, each by itself and compared with the others.
struct ClusterExamination {
    /// How long a slot that moves is given to show a change.
    private static let patience = Duration.seconds(2)

    var facts: [NodeFacts]
    /// What moved no key of its slot while it was watched.
    var standing: Set<Int> = []
    var queues: [QueueName]
    var cures: CureText

    init(facts: [NodeFacts], standing: Set<Int> = [], queues: [QueueName] = [], cures: CureText) {
        self.facts = facts
        self.standing = standing
        self.queues = queues
        self.cures = cures
    }

    /// Asks all nodes. If slots move, it asks again after two seconds to see whether they get on.
    /// - Parameter clock: the clock of this machine.
    init(_ store: Store, _ cures: CureText, clock: @Sendable () -> Date) async throws {
        self.cures = cures
        facts = []
        queues = []
        for node in try await store.nodes() { facts.append(await Self.ask(node, store, clock)) }
        // Without them only the names of queues are missing in a finding. A cluster with a gap would not tell them.
        queues = isCovered ? (try? await store.queues()) ?? [] : []
        guard facts.contains(where: { !$0.moving.isEmpty }) else { return }
        try await Task.sleep(for: Self.patience)
        for fact in facts where !fact.moving.isEmpty {
            guard let later = try? await store.movingSlots(of: fact.node.endpoint) else { continue }
            standing.formUnion(Set(later).intersection(fact.moving).map(\.slot))
        }
    }

    private static func ask(_ node: StoreNode, _ store: Store, _ clock: @Sendable () -> Date) async -> NodeFacts {
        var facts = NodeFacts(node: node)
        guard node.obstacle == nil else { return facts }
        do throws(SluiceError) {
            facts.info = try await store.info(nil, node: node.endpoint)
            facts.settings = try await store.settings(ServerExamination.settings, node: node.endpoint)
            let before = clock()
            let time = try await store.send(["TIME"], node: node.endpoint).root
            if let seconds = time[0].integer, let micros = time[1].integer {
                let moment = Date(milliseconds: seconds * 1000 + micros / 1000)
                facts.ahead = ServerExamination.distance(of: moment, from: before, to: clock())
            }
            if facts.info?["aof_enabled"] == "1" { facts.rights = try await DefaultRights(store, node: node.endpoint) }
            facts.moving = try await store.movingSlots(of: node.endpoint)
        } catch {
            facts.node.obstacle = error.message
        }
        return facts
    }

    /// The cluster as a whole, then its nodes in order of their addresses.
    var parts: [Diagnosis.Part] {
        [whole] + facts.sorted { $0.node.address < $1.node.address }.map(part)
    }

    // MARK: The whole

    private var whole: Diagnosis.Part {
        let primaries = facts.filter { $0.node.role == .primary }
        var part = Diagnosis.Part(
            subject: .cluster,
            looked: "\(primaries.count) \(primaries.count == 1 ? "primary" : "primaries"), "
                + "\(HumanText.count(facts.count - primaries.count, "replica")): slots, libraries, versions, clocks")
        examineCover(&part)
        examineMoves(&part)
        examineLibraries(primaries, &part)
        examineVersions(&part)
        examineClocks(&part)
        return part
    }

    /// Whether each slot has a primary that serves it. Else Redis, as it is set by default, serves none at all.
    var isCovered: Bool { uncovered.isEmpty }

    private var uncovered: [ClosedRange<Int>] {
        var served = [Bool](repeating: false, count: HashSlot.count)
        for fact in facts where fact.node.role == .primary && fact.node.health != .failed && fact.node.obstacle == nil {
            for range in fact.node.slots { for slot in range { served[slot] = true } }
        }
        return Self.ranges(served.indices.filter { !served[$0] })
    }

    private func examineCover(_ part: inout Diagnosis.Part) {
        let missing = uncovered
        guard !missing.isEmpty else { return }
        let count = missing.reduce(0) { $0 + $1.count }
        part.unseen.append("the queues: a cluster with a gap answers no call")
        part.add(
            .problem, "cluster.uncovered",
            "\(HumanText.count(count, "slot")) (\(ClusterNode.text(of: missing))) have no primary that answers: calls on "
                + "them fail, and on all others as well unless cluster-require-full-coverage is no",
            cure: "start the nodes that had them; if they are gone with their data: " + cures.cluster("fix", place))
    }

    private func examineMoves(_ part: inout Diagnosis.Part) {
        let slots = Set(facts.flatMap { $0.moving.map(\.slot) }).sorted()
        for slot in slots {
            let inside = queues.filter { self.slot(of: $0) == slot }
            let what = "slot \(slot)" + (inside.isEmpty ? "" : " with " + Self.names(inside))
            if standing.contains(slot) {
                part.add(
                    .problem, "cluster.slot_stuck",
                    "\(what) is between two nodes, and no key of it moves: calls on it wait and then fail",
                    cure: "if no reshard is under way: " + cures.cluster("fix", place))
            } else {
                part.add(
                    .notice, "cluster.slot_moving", "\(what) is being moved to another node: calls on it wait until it is there",
                    cure: "none while the reshard goes on")
            }
        }
    }

    private func examineLibraries(_ primaries: [NodeFacts], _ part: inout Diagnosis.Part) {
        let asked = primaries.filter { $0.node.obstacle == nil }
        for fact in asked where fact.node.library == nil {
            part.add(
                .problem, "cluster.library_missing", "\(fact.node.address) does not have the function library",
                cure: cures.tool("library", "load"))
        }
        let revisions = Dictionary(grouping: asked.filter { $0.node.library != nil }) { $0.node.library?.revision ?? 0 }
        guard revisions.count > 1 else { return }
        let text = revisions.sorted { $0.key < $1.key }.map { revision, nodes in
            "revision \(revision) on " + nodes.map(\.node.address).sorted().joined(separator: ", ")
        }
        part.add(
            .problem, "cluster.library_differs", "the primaries have different libraries: " + text.joined(separator: "; "),
            cure: cures.tool("library", "load"))
    }

    private func examineVersions(_ part: inout Diagnosis.Part) {
        let versions = Set(facts.compactMap { $0.info?["redis_version"] })
        guard versions.count > 1 else { return }
        part.add(
            .notice, "cluster.versions",
            "the nodes run different versions of Redis: " + versions.sorted().joined(separator: ", "),
            cure: "upgrade all nodes to one version, replicas first")
    }

    private func examineClocks(_ part: inout Diagnosis.Part) {
        let clocks = facts.compactMap { fact in fact.ahead.map { (fact.node.address, $0) } }
        guard let first = clocks.min(by: { $0.1 < $1.1 }), let last = clocks.max(by: { $0.1 < $1.1 }) else { return }
        let distance = last.1 - first.1
        guard distance > .seconds(1) else { return }
        part.add(
            .problem, "cluster.clocks",
            "the clock of \(last.0) is \(HumanText.duration(distance)) ahead of that of \(first.0): after a failover leases and due "
                + "times jump by as much",
            cure: "synchronise the clocks of the nodes, as with chrony or systemd-timesyncd")
    }

    // MARK: Helpers

    /// Whether the slot of a queue is between two nodes, so that no call on it is answered.
    func isMoving(_ queue: QueueName) -> Bool {
        let slot = slot(of: queue)
        return facts.contains { $0.moving.contains { $0.slot == slot } }
    }

    /// A node that can be asked, for commands to paste.
    private var place: String { (facts.first { $0.node.obstacle == nil } ?? facts.first)?.node.address ?? "HOST:PORT" }

    private func slot(of queue: QueueName) -> Int { HashSlot.of("\(cures.namespace):{\(queue)}") }

    /// Up to three names.
    static func names(_ queues: [QueueName]) -> String {
        let shown = queues.prefix(3).map { "queue \($0)" }.joined(separator: ", ")
        return queues.count > 3 ? "\(shown) and \(HumanText.number(queues.count - 3)) more" : shown
    }

    /// Neighbours of a sorted list as ranges.
    static func ranges(_ slots: [Int]) -> [ClosedRange<Int>] {
        var ranges: [ClosedRange<Int>] = []
        for slot in slots {
            if let last = ranges.last, last.upperBound == slot - 1 {
                ranges[ranges.count - 1] = last.lowerBound...slot
            } else {
                ranges.append(slot...slot)
            }
        }
        return ranges
    }
}
