import SluiceInspector

/// What the Redis server tells of itself.
struct ServerFacts {
    let server: ServerStatus

    init(_ server: ServerStatus) { self.server = server }

    var html: HTML {
        Parts.facts([
            ("Version", server.version.map { "Redis \($0)\(uptime)" }),
            ("Role", role),
            ("Memory", server.memory.map(memory)),
            ("When memory is full", server.memory?.policy.map(policy)),
            ("Persistence", server.persistence.map(kept)),
            ("Last snapshot", server.persistence?.lastSnapshot.map { Parts.time($0, at: server.time) }),
            ("Clock", clock),
            ("Clients", clients),
            ("Commands", server.commandsPerSecond.map { "\(HumanText.number($0)) a second" }),
            ("Function library", library),
        ]) + (server.version == nil ? Parts.empty("The Redis user may not call INFO, so the other facts are unknown.") : "")
    }

    private var uptime: String { server.uptime.map { ", for \(HumanText.duration($0))" } ?? "" }

    private var role: HTML? {
        guard let role = server.role else { return nil }
        if role == "slave" { return Parts.word(.wrong, "a replica, which takes no writes") }
        let replicas = server.replicas ?? 0
        return replicas == 0 ? "primary, without replicas" : "primary, with \(HumanText.count(replicas, "replica"))"
    }

    private func memory(_ memory: ServerStatus.Memory) -> HTML {
        let peak = memory.peak.map { ", \(HumanText.bytes($0)) at the peak" } ?? ""
        guard let limit = memory.limit else { return "\(HumanText.bytes(memory.used)), without a limit\(peak)" }
        let words = "\(HumanText.bytes(memory.used)) of \(HumanText.bytes(limit))"
        return "\(Sparks.meter(memory.used, of: limit, words)) \(words)\(peak)"
    }

    private func policy(_ policy: String) -> HTML {
        policy == "noeviction"
            ? Parts.word(.good, "it refuses new jobs (noeviction)")
            : Parts.word(server.memory?.limit == nil ? .look : .wrong, "it evicts jobs (\(policy))")
    }

    private func kept(_ persistence: ServerStatus.Persistence) -> HTML {
        if persistence.isLoading { return Parts.word(.look, "it loads its data") }
        if persistence.appends {
            if !persistence.appendsWell { return Parts.word(.wrong, "the append-only file could not be written") }
            return Parts.word(
                persistence.sync == "no" ? .look : .good,
                "append-only file" + (persistence.sync.map { $0 == "no" ? ", synced by the system" : ", synced \($0)" } ?? ""))
        }
        if !persistence.savesWell { return Parts.word(.wrong, "the last snapshot could not be written") }
        guard let snapshots = persistence.snapshots else { return "no append-only file" }
        if snapshots.isEmpty { return Parts.word(.look, "none: jobs are lost if the server stops") }
        return "snapshots (\(snapshots)); jobs since the last one are lost if the server stops"
    }

    private var clock: HTML {
        let distance = server.ahead < .zero ? .zero - server.ahead : server.ahead
        if distance <= .seconds(1) { return Parts.word(.good, "in step with this machine") }
        return Parts.word(.look, "\(HumanText.duration(distance)) \(server.ahead > .zero ? "ahead of" : "behind") this machine")
    }

    private var clients: HTML? {
        server.clients.map { clients in
            guard let limit = server.clientLimit else { return "\(HumanText.number(clients))" }
            return "\(HumanText.number(clients)) of \(HumanText.number(limit))"
        }
    }

    private var library: HTML {
        guard let library = server.library else { return Parts.word(.wrong, "not on the server") }
        let pinned = library.isPinned ? ", pinned" : ""
        let text = "protocol \(library.protocolVersion), revision \(library.revision)\(pinned)"
        if library.revision == library.ownRevision { return "\(text)" }
        let side = library.revision > library.ownRevision ? "newer" : "older"
        return Parts.word(.look, "\(text): \(side) than \(library.ownRevision) of this program")
    }
}
