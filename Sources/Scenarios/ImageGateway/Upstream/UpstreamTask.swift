import ScenarioSupport

/// A task as the upstream has it in its books. Times are in microseconds since 1970.
struct UpstreamTask: Sendable {
    var id: String
    var account: Account
    var order: Order
    var reference: String
    var isAction: Bool
    var submitted: Int
    var starts: Int
    var ends: Int
    /// How often it was asked for, and when it was first told that it had ended.
    var looks = 0
    var found: Int?

    /// What is told of it at a time; nil for what the upstream has forgotten.
    func status(at time: Int) -> Messages.Status? {
        let fate = isAction ? .success : order.fate
        if time >= ends {
            if fate == .forgotten { return nil }
            let isGood = fate == .success
            return Messages.Status(
                task: id, reference: reference, status: isGood ? .success : .failure, progress: isGood ? 100 : 60,
                url: isGood ? "https://images.example/\(id).png" : nil)
        }
        let share = Double(max(time - starts, 0)) / Double(max(ends - starts, 1))
        let percent = order.isHasty && share > 0.3 ? 100 : Int(share * 99)
        return Messages.Status(task: id, reference: reference, status: .inProgress, progress: percent)
    }
}
