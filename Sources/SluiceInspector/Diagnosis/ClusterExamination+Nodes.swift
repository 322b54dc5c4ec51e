import Hiredis
import SluiceCore
import SluiceStore

/// One node: what every server is examined for, and its place in the cluster.
extension ClusterExamination {
    func part(_ facts: NodeFacts) -> Diagnosis.Part {
        let address = facts.node.address
        if let obstacle = facts.node.obstacle {
            var part = Diagnosis.Part(subject: .node(address), looked: "")
            part.add(
                facts.node.role == .primary ? .problem : .notice, "node.unreachable",
                "this \(facts.node.role.rawValue) cannot be asked: \(obstacle)",
                cure: "see whether it runs, and whether the address that it announces can be reached from here "
                    + "(cluster-announce-ip, cluster-announce-hostname, cluster-announce-port)")
            return part
        }
        var server = ServerExamination(
            info: facts.info, settings: facts.settings, ahead: facts.ahead ?? .zero, cures: cures.on(facts.node.endpoint))
        server.rights = facts.rights
        var part = server.part(of: .node(address), isNode: true)
        switch facts.node.role {
        case .primary: examinePrimary(facts, &part)
        case .replica: examineReplica(facts, &part)
        }
        return part
    }

    private func examinePrimary(_ facts: NodeFacts, _ part: inout Diagnosis.Part) {
        guard facts.info?["connected_slaves"] == "0", !facts.node.slots.isEmpty else { return }
        part.add(
            .notice, "node.no_replica", "no replica follows this primary: its queues are lost with it",
            cure: cures.cluster("add-node", "NEW-HOST:PORT", facts.node.address, "--cluster-slave"))
    }

    private func examineReplica(_ facts: NodeFacts, _ part: inout Diagnosis.Part) {
        guard let info = facts.info, info["master_link_status"] == "down" else { return }
        let primary = info["master_host"].map { " \($0):\(info["master_port"] ?? "?")" } ?? ""
        part.add(
            .problem, "node.link_down", "this replica is not connected to its primary\(primary), and lags behind",
            cure: "see its log; often the password (masterauth), or an address that it cannot reach")
    }
}
