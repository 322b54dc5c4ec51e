/// All names with their series.
struct Registry: Sendable {
    /// Counts what was dropped, by the bounds or because its name has another type.
    static let droppedName = "sluice_metrics_dropped_total"
    private static let droppedHelp = "Series that were not kept: there are too many, or their name has another type."

    private struct Entry {
        var series: any Series
        /// How often it was made and not destroyed.
        var owners = 1
    }

    private struct Family {
        var type: SeriesType
        var help: String
        /// By the text of the labels.
        var series: [String: Entry] = [:]
    }

    private let maxNames: Int
    private let maxSeries: Int
    private let help: [String: String]
    private var families: [String: Family] = [:]
    /// The names of all samples: a histogram has several.
    private var taken: Set<String> = [droppedName]
    private var dropped = 0

    init(maxNames: Int, maxSeries: Int, help: [String: String]) {
        self.maxNames = maxNames
        self.maxSeries = maxSeries
        self.help = help
    }

    /// Finds a series, or makes it. Returns nil for one that is dropped.
    mutating func series<S: Series>(_ id: SeriesID, label: String, _ make: (SeriesID) -> S) -> S? {
        guard isKnown(id.name, as: S.type, label: label) else {
            dropped += 1
            return nil
        }
        if let found = families[id.name]?.series[id.labels]?.series as? S {
            families[id.name]?.series[id.labels]?.owners += 1
            return found
        }
        guard families[id.name].map({ $0.series.count < maxSeries }) ?? false else {
            dropped += 1
            return nil
        }
        let made = make(id)
        families[id.name]?.series[id.labels] = Entry(series: made)
        return made
    }

    /// Whether the name has this type. A new name gets it, unless there are too many or a sample has the name.
    private mutating func isKnown(_ name: String, as type: SeriesType, label: String) -> Bool {
        if let family = families[name] { return family.type == type }
        let names = type.samples(of: name)
        guard families.count < maxNames, taken.isDisjoint(with: names) else { return false }
        taken.formUnion(names)
        families[name] = Family(type: type, help: help[name] ?? label)
        return true
    }

    /// Removes a series that all who made it have destroyed. The last one takes its name with it.
    mutating func remove(_ series: any Series) {
        let id = series.id
        guard let family = families[id.name], let entry = family.series[id.labels], entry.series === series else { return }
        if entry.owners > 1 {
            families[id.name]?.series[id.labels]?.owners -= 1
        } else if family.series.count > 1 {
            families[id.name]?.series[id.labels] = nil
        } else {
            families[id.name] = nil
            taken.subtract(family.type.samples(of: id.name))
        }
    }

    /// The page, in the order of names and labels.
    func text() -> String {
        var page = TextPage()
        var isDroppedTold = false
        func tellDropped() {
            page.begin(Self.droppedName, .counter, help: Self.droppedHelp)
            page.sample(Self.droppedName, "", "\(dropped)")
            isDroppedTold = true
        }
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            if !isDroppedTold, Self.droppedName < name { tellDropped() }
            page.begin(name, family.type, help: family.help)
            for (_, entry) in family.series.sorted(by: { $0.key < $1.key }) { entry.series.write(to: &page) }
        }
        if !isDroppedTold { tellDropped() }
        return page.text
    }
}
