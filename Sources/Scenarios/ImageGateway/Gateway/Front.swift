/// What clients see of a gateway.
protocol Front: Sendable {
    /// Takes an order, or throws.
    /// - Parameter hook: who is to hear of it.
    func take(_ order: Order, hook: String) async throws

    /// Takes an order for an action on a picture. Returns whether it is new.
    /// - Throws: `ActionRefused`.
    func act(on order: Order, index: Int) async throws -> Bool

    /// What the gateway says of an order at this moment.
    func standing(of order: Order) async throws -> Standing
}

/// How an order stands.
struct Standing: Sendable {
    /// Such as `completed`.
    var state: String
    /// That of the newest notification that was made of it; 0 for none.
    var version: Int
}

/// An action that a gateway will not do.
struct ActionRefused: Error {
    var reason: String
}
