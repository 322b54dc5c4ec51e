import ScenarioSupport
import Sluice
import SluiceTesting

/// What is announced in a portion of the run: each of its own items, and two more after each, of all so far, by Zipf.
struct Announcements: Sequence, IteratorProtocol {
    private let zipf: Zipf
    private let items: Range<Int>
    private let asOriginal: Bool
    private var random: SplitMix
    private var step = 0

    init(_ portion: Int, _ scale: Scale, zipf: Zipf, seed: UInt64, asOriginal: Bool) {
        self.zipf = zipf
        self.asOriginal = asOriginal
        items = portion * scale.portion..<(portion + 1) * scale.portion
        random = SplitMix(seed: seed &* 1000 &+ UInt64(portion))
    }

    /// The numbers of the announcements.
    var numbers: Range<Int> { items.lowerBound * (1 + Scale.repeats)..<items.upperBound * (1 + Scale.repeats) }

    mutating func next() -> JobRequest? {
        let each = 1 + Scale.repeats
        guard step < items.count * each else { return nil }
        let isFresh = step % each == 0
        let number = isFresh ? items.lowerBound + step / each : zipf.draw(&random, among: items.lowerBound + step / each + 1) - 1
        defer { step += 1 }
        // Numbers and a word are encoded always.
        let item = Item(number: number)
        return try? item.request(announced: numbers.lowerBound + step, act: isFresh ? item.act : nil, asOriginal: asOriginal)
    }
}
