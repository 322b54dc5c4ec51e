/// What is checked, by the numbers that tests and documents name.
enum Requirement: Int, Sendable, CaseIterable {
    case confirmed = 1, onePredicate, final, deadline, compensation, hooks, actions, isolation, polling

    var name: String { "N\(rawValue)" }

    var text: String {
        switch self {
        case .confirmed: "who was told something and asks is told at least that"
        case .onePredicate: "what was told to be done can be acted on at once; progress is for display"
        case .final: "an end is final, whatever the upstream tells late, twice or out of order"
        case .deadline: "every order that was accepted ends by its deadline, whatever the upstream does"
        case .compensation: "every failure is paid back exactly once, whoever ended the order"
        case .hooks: "web hooks are told at least once, in order, signed; what is never taken is kept and counted"
        case .actions: "an action may be ordered before there is a picture, twice is once, and none is lost"
        case .isolation: "accounts in trouble hold up no others"
        case .polling: "looks are learnt: fewer, and less late, than at any fixed interval"
        }
    }
}
