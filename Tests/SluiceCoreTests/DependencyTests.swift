import SluiceCore
import Testing

@Suite struct DependencyTests {
    @Test func aQuestionMarkMeansThatTheJobCanDoWithout() {
        #expect("tmdb" as Dependency == Dependency("tmdb", whenOff: .wait))
        #expect("imdb?" as Dependency == Dependency("imdb", whenOff: .runWithout))
        for text in ["tmdb", "imdb?"] { #expect(Dependency(text: text).text == text) }
    }

    @Test func anUnavailableDependencyTellsWhatAndWhy() {
        #expect("\(DependencyUnavailable("tmdb"))" == "tmdb is unavailable")
        let error = DependencyUnavailable("tmdb", retryAfter: .seconds(3), reason: "503")
        #expect("\(error)" == "tmdb is unavailable: 503")
        #expect(error.retryAfter == .seconds(3) && error.cause == nil)
    }
}
