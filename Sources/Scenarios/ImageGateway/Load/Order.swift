/// A picture that a client orders, by its number. All about it follows from that.
struct Order: Sendable, Hashable {
    let number: Int

    /// What the upstream makes of its task.
    enum Fate: Sendable { case success, failure, forgotten }

    static let deadly = Order(number: 11)
    /// An operator cancels it.
    static let cancelled = Order(number: 17)

    var id: String { "im-\(number)" }

    /// - Parameter scale: tells from when on two accounts are in trouble.
    func account(_ scale: Scale) -> Account {
        if self == .deadly { return .deadly }
        if number >= scale.portion * Scale.trouble, number % 20 == 0 { return .dead }
        if number >= scale.portion * Scale.trouble, number % 20 == 10 { return .hanging }
        let all = Account.talking + Account.silent
        return all[number % all.count]
    }

    var fate: Fate { number % 97 == 13 ? .forgotten : number % 33 == 5 ? .failure : .success }

    /// The upstream says 100 % long before it is done.
    var isHasty: Bool { number % 20 == 3 }

    /// How long its task takes, between 0 and 1, as if drawn.
    var draw: Double {
        var mixed = UInt64(number) &* 0x9E37_79B9_7F4A_7C15
        mixed ^= mixed >> 29
        mixed = mixed &* 0xBF58_476D_1CE4_E5B9
        return Double(mixed >> 11) / Double(1 << 53)
    }

    /// What happens to the upstream's news of its end.
    enum Mishap: Sendable { case none, lost, repeated, reordered, torn, late }
    var mishap: Mishap {
        switch number % 10 {
        case 1: .lost
        case 2: .repeated
        case 6: .reordered
        case 8: number % 20 == 8 ? .torn : .none
        case 9: .late
        default: .none
        }
    }

    /// Its web hook is told of progress as well; its web hook never takes anything.
    var wantsProgress: Bool { number % 3 == 0 }
    var hookIsBroken: Bool { number % 50 == 7 }
    /// The client asks for an action at once, before there can be a picture; and twice.
    var isHurried: Bool { number % 10 == 4 || number % 100 == 50 }
    var isRepeated: Bool { number % 5 == 2 }

    /// Where a worker dies of it, once: behind the answer to its submission, or to a look; behind the payment of its refund. As
    /// often with many orders as with few.
    var diesSubmitted: Bool { [121, 271, 421].contains(number) }
    var diesLooking: Bool { [161, 361].contains(number) }
    var diesPaying: Bool { [137, 335].contains(number) }

    /// How many workers die of it.
    var deaths: Int { self == .deadly ? Scale.crashes : diesSubmitted || diesLooking || diesPaying ? 1 : 0 }

    /// The number that an id tells.
    static func number(of id: some StringProtocol) -> Int? {
        guard id.hasPrefix("im-") else { return nil }
        return Int(id.dropFirst(3).prefix { $0 != ":" })
    }
}
