import SluiceCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension QueueExamination {
    /// How long a past clock error is reported.
    private static let reminded = Duration.seconds(86_400)

    /// Reports a server clock that was ahead and was corrected, or is behind now. The library's `status` records this.
    mutating func examineClock(_ status: [String: String]) {
        let synchronise = "keep the server's clock synchronised, as with chrony or systemd-timesyncd"
        if let before = status["behind"].flatMap({ Int($0) }) {
            let behind = HumanText.duration(.milliseconds(before - now.milliseconds))
            part.add(
                .problem, "queue.clock",
                "the server's clock has gone back, and lies \(behind) behind what it told before: until then nothing becomes due",
                cure: "set the server's clock right; " + synchronise)
        }
        let words = status["rewound", default: ""].split(separator: " ").compactMap { Int($0) }
        guard words.count == 2 else { return }
        let began = Date(milliseconds: words[0])
        let isUnderWay = status["rewinding"] != nil
        guard isUnderWay || began.age(at: now) < Self.reminded else { return }
        part.add(
            .notice, "queue.clock",
            "the server's clock was \(HumanText.duration(.milliseconds(words[1]))) ahead until \(HumanText.age(began, at: now)): "
                + (isUnderWay
                    ? "times that were written meanwhile are being brought back, a page in each call of a worker"
                    : "times that were written meanwhile were brought back"),
            cure: isUnderWay ? "start a worker, if none lives: " + worker : synchronise)
    }
}
