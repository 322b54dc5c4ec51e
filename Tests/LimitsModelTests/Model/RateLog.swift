/// The claims that count for a rate: each until the window of the period and its guard has passed over the step, a thousandth of
/// the window, in which it was made.
///
/// When a rate gets other numbers, what was claimed before counts for at least nothing and at most as long as it did then.
struct RateLog {
    private struct Entry {
        var time: Int
        var ends: Int
        /// Where it stands beside older ones that end later.
        var endsAtLatest: Int
        var era: Int
    }

    private var entries: [Entry] = []
    private var era = 0
    private var rate: LimitBook.Rate?

    /// From now on this counts; nil stops the counting.
    mutating func use(_ rate: LimitBook.Rate?) {
        guard let rate, rate != self.rate else { return }
        self.rate = rate
        era += 1
    }

    mutating func add(at now: Int, _ rate: LimitBook.Rate) {
        if entries.count > 100 { entries.removeAll { $0.endsAtLatest <= now } }
        let window = rate.period + rate.slack
        let step = (window + 999) / 1000
        let ends = (now / step + 1) * step + window
        let latest = max(ends, entries.last?.endsAtLatest ?? 0)
        entries.append(Entry(time: now, ends: ends, endsAtLatest: latest, era: era))
    }

    /// How many claims count now, as far as it is certain.
    func used(at now: Int) -> ClosedRange<Int> {
        var least = 0
        var most = 0
        for entry in entries where entry.endsAtLatest > now {
            most += 1
            if entry.era == era, entry.ends > now { least += 1 }
        }
        return least...most
    }

    /// Whether no window that ends now has more claims than are allowed: the promise itself, without steps.
    func isKept(at now: Int) -> Bool {
        guard let rate else { return true }
        return entries.count { $0.era == era && $0.time > now - rate.period - rate.slack } <= rate.allowance
    }
}
