/// What a figure is divided by: a figure that was measured in turns with it, and the word for it in a line for people.
struct BenchFloor {
    let figure: String
    let word: String

    init(_ figure: String, _ word: String = "floor") {
        self.figure = figure
        self.word = word
    }
}
