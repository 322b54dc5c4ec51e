import Sluice

/// Something that is announced, by its number. All about it follows from that.
struct Item: Sendable, Hashable {
    let number: Int

    /// What stands for an info hash: the key by which its job is unique.
    var fingerprint: String { "h\(number)" }

    /// Whether its job asks the API, with which key, and whether it can do without.
    var asks: Bool { number % 10 == 3 }
    var key: String { number / 10 % 50 == 0 ? Scale.sharedKey : Scale.ownKey }
    var isOptional: Bool { number / 10 % 20 == 1 }

    /// What its job does when it is announced for the first time, if other than nothing.
    var act: Classify.Act? {
        number % 5000 == 12 ? .ignore : number % 2000 == 16 ? .fail : nil
    }

    /// The item whose first job kills the worker that runs it.
    static let killer = Item(number: 11)

    /// What is the rule where it is announced again.
    var conflict: Unique.Conflict {
        switch number % 100 {
        case 5: .replaceArguments
        case 6: .runAgain
        default: .keepExisting
        }
    }

    var needs: [Dependency] { [Dependency(Scale.api, whenOff: isOptional ? .runWithout : .wait), Dependency(key)] }

    /// The job that an announcement asks for.
    /// - Parameter announced: the number of the announcement, which makes the id.
    func request(announced: Int, act: Classify.Act? = nil, asOriginal: Bool = false) throws -> JobRequest {
        var request: JobRequest
        if asks {
            request = try JobRequest(Lookup(item: number))
            request.unique = .for(Scale.good, by: .key(fingerprint))
            if !asOriginal { request.needs = needs }
            if asOriginal { request.timeout = .seconds(3600) }
        } else {
            request = try JobRequest(Classify(item: number, announced: announced, act: act))
            request.unique = .whileLive(by: .key(fingerprint), onConflict: conflict)
        }
        if asOriginal {
            // The index was on fingerprint and status: once its row is not `pending`, another one may be.
            request.unique = .untilStarted(by: .key(fingerprint))
            request.maxAttempts = Scale.originalAttempts
        }
        request.id = JobID(known: Self.id(number, announced))
        return request
    }

    static func id(_ number: Int, _ announced: Int) -> String { "h\(number).\(announced)" }

    /// The item and the announcement that an id tells.
    static func parts(of id: String) -> (number: Int, announced: Int)? {
        let parts = id.dropFirst().split(separator: ".")
        guard id.hasPrefix("h"), parts.count == 2, let number = Int(parts[0]), let announced = Int(parts[1]) else { return nil }
        return (number, announced)
    }
}
