package import Foundation

/// Zones by their names in the IANA database.
package enum CronZone {
    /// - Throws: `invalidArgument` for an unknown name. The message suggests similar names.
    package static func named(_ text: String) throws(SluiceError) -> TimeZone {
        // Foundation accepts some texts that are not names of zones, such as GMT+7 and abbreviations.
        if let zone = TimeZone(identifier: text), text == "UTC" || known.contains(text) || text.contains("/") { return zone }
        if let place = TimeZone.abbreviationDictionary[text.uppercased()], place.contains("/") {
            throw SluiceError(
                .invalidArgument,
                "'\(text.prefix(60))' is an abbreviation, which does not tell when summer time begins: write the name of a place, such "
                    + "as \(place)")
        }
        let near = near(text)
        let advice = near.isEmpty ? "write UTC, or a name such as Europe/Berlin" : "is it \(near.joined(separator: " or "))?"
        throw SluiceError(.invalidArgument, "no time zone is called '\(text.prefix(60))': \(advice)")
    }

    private static let known = Set(TimeZone.knownTimeZoneIdentifiers + ["GMT", "Etc/UTC"])

    /// Names of the same place in another part of the world, and names that differ in one or two letters.
    private static func near(_ text: String) -> [String] {
        let wanted = text.lowercased().prefix(40)
        guard let place = wanted.split(separator: "/").last, place.count > 2 else { return [] }
        let ranked = known.compactMap { name -> (distance: Int, name: String)? in
            let lower = name.lowercased()
            if lower.split(separator: "/").last == place { return (0, name) }
            // In a text of three or four letters, two changes make another word.
            let most = wanted.count > 4 ? 2 : 1
            let distance = distance(Array(wanted), Array(lower), most: most)
            return distance <= most ? (distance, name) : nil
        }
        return ranked.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
    }

    /// The Levenshtein distance; `most + 1` when the lengths differ by more than `most`.
    private static func distance(_ one: [Character], _ other: [Character], most: Int) -> Int {
        if abs(one.count - other.count) > most { return most + 1 }
        var row = Array(0...other.count)
        for (i, left) in one.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, right) in other.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (left == right ? 0 : 1))
                diagonal = above
            }
        }
        return row[other.count]
    }
}
