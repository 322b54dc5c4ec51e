import Testing

@testable import SluiceStore

/// Calls on keys of several slots.
struct SlotGroupsTests {
    @Test func keysOfOneSlotTravelTogetherAndTheRepliesComeInTheOrderAsked() {
        let groups = SlotGroups(["n:{a}", "n:{b}", "n:{a}:x", "n:{c}", "n:{b}"])
        #expect(groups.positions == [[0, 2], [1, 4], [3]])
        #expect(groups.joined([["a", "ax"], ["b", "b again"], ["c"]]) == ["a", "b", "ax", "c", "b again"])
        #expect(SlotGroups([]).joined([[String]]()) == [])
    }

    /// A reply that is too short would shift all that follow.
    @Test func aReplyOfAnotherLengthIsNone() {
        let groups = SlotGroups(["n:{a}", "n:{b}", "n:{a}"])
        #expect(groups.joined([["a"], ["b"]]) == nil)
        #expect(groups.joined([["a", "a", "a"], ["b"]]) == nil)
        #expect(groups.joined([["a", "a"]]) == nil)
    }
}
