import Testing

/// The scenarios as programs, one after the other: each takes all of the machine, and beside another its workers would seem dead.
@Suite(.serialized)
enum Programs {}
