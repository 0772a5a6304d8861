"""Texts as people have them read out, one of each kind, in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PROSE: Final = """\
It is strange how quickly a small mistake becomes a habit, and how slowly a good one does. Martha had meant to write \
to her brother on Sunday. Then the roof had leaked, and there were buckets to empty, and by the time the kitchen was \
dry the week had started without her. Now it was Thursday. The letter lay on the table with only his name on it, and \
every time she passed she read the name, as if he might have written something underneath while she was out.

She sat down at last, with her coat still on. Outside, the neighbour's boy was teaching his dog to jump over a broom. \
The dog would not. It walked around the broom each time, politely, and sat down on the other side to wait for its \
reward. "You have to mean it," the boy said, and Martha, who had heard him through the glass, picked up the pen.

What she wrote was not what she had planned. She told him about the roof, and about the dog. She told him that she \
had found their mother's recipes in a tin behind the flour, all in that small upright hand, and that the one for plum \
cake had a line crossed out so heavily that nobody would ever know what had been in it. She did not ask him to come. \
When she had finished she read it through once, changed nothing, and walked to the post office in the rain.
"""

NEWS: Final = """\
The city council voted on Tuesday to close the old harbour bridge to cars from next spring, ending a dispute that has \
lasted for almost nine years. Eleven members were in favour and six against. Buses, bicycles and pedestrians may \
still use the bridge, which carries about 18,000 vehicles a day and was last repaired in 1987.

"This is not about taking something away," said the mayor, Elena Brandt, after the vote. "It is about keeping the \
bridge standing." Engineers had warned in March that two of its four piers were losing their footing, and that \
repairs under full traffic would cost at least $42 million and take five years. Without cars, they say, the work can \
be done in two.

Shop owners on the south bank are less pleased. Many of them depend on customers who drive in from the suburbs, and a \
survey by the chamber of commerce found that one in three expects to lose more than a tenth of its sales. The council \
has promised a fund of 3.5 million dollars for them. Details are to follow in January. A group of residents said on \
Wednesday that it would challenge the decision in court.
"""

DIALOGUE: Final = """\
"You're late."

"I know. The train stopped outside Reading, and nobody said why. We just sat there, looking at a field."

"For two hours?"

"For two hours and ten minutes. There was a horse in it. I got to know that horse quite well." He put his bag down \
and looked around the room. "You've moved the piano."

"I sold the piano, Tom. That's a sideboard." She laughed, though she had not meant to. "Sit down. You look as if you \
walked from the field. There's soup, if you want it, and the bread is from this morning, so it is only a little \
hard."

He sat. For a while neither of them spoke, and the only sound was the spoon against the bowl. "I got the job," he \
said finally. "They rang while we were standing still. I think I was the only happy man on the train."

"And when were you going to tell me?"

"I thought I'd wait until after the soup."
"""

LIST: Final = """\
What to bring on the walk:

- A waterproof jacket, even if the forecast is good.
- Two litres of water for each person, because the springs above the forest are dry in August.
- Sunscreen
- A map on paper
- Something warm for the summit: it is often ten degrees colder there than in the valley, and the wind never drops.
- A torch with fresh batteries. The last part of the way leads through a tunnel of about 300 metres.
- Plasters and a bandage

How the day goes:

1. We meet at 7:30 at the station and take the bus to the dam.
2. From there it is two hours to the hut, where we rest for half an hour.
3. The steep part comes next. Take your time, and keep away from the edge.
4. We should reach the summit at noon, and have lunch there if the weather lets us.
5. We go down by the eastern ridge and are back at the dam at four.
"""

TECHNICAL: Final = """\
A hash table stores pairs of keys and values in an array of buckets. To find the bucket of a key, a hash function \
turns the key into a number, and the remainder of that number divided by the size of the array is the bucket's index. \
If the function spreads the keys evenly, each bucket holds few of them, and looking one up takes the same time \
however large the table is.

Two keys may fall into the same bucket. This is called a collision. There are two common ways to deal with it. With \
chaining, each bucket holds a list of all pairs that belong there, and a lookup compares the key with each of them. \
With open addressing, a pair whose bucket is taken goes to another one, which is found by a fixed rule; a lookup \
follows the same rule until it meets the key or an empty bucket. The second way uses memory better and is kinder to \
the processor's cache, but it slows down sharply when more than about 80% of the buckets are full.

When a table becomes too full, it is rebuilt with twice as many buckets. Each rebuild touches every pair, so a single \
insertion can take a long time. Averaged over all insertions the cost is still constant, since a table that has just \
doubled must take as many new pairs as it holds before it doubles again.
"""

POEM: Final = """\
The lighthouse keeper counts the night
in turnings of the patient light,
and every ship that passes by
writes one thin line across the sky.

He has no clock. He does not need
to know the hour, or its speed;
the tide will tell him, cold and slow,
when it has somewhere else to go.

And when the morning comes, it brings
the small and ordinary things:
a kettle, and a loaf of bread,
the gulls complaining overhead,
a letter that he means to send,
and has not yet begun to end.
"""

CHAT: Final = """\
## Short answer

Yes, you can freeze cooked rice. It keeps for about **six months**, and it tastes almost as good as fresh rice if you \
cool it quickly.

## How to do it

1. Spread the rice on a tray, so that it cools within an hour. Rice that stays warm for long can make you ill.
2. Put portions of about 200 g into bags, and press them flat.
3. Label them with the date.

To reheat a portion, sprinkle a tablespoon of water over it, cover it, and heat it in the microwave for two to three \
minutes. Make sure that it is steaming hot all the way through. *Don't reheat it more than once.*

> **Tip:** a pinch of salt and a little butter help if the rice has become dry.

Would you like a few ideas for meals with frozen rice? I can suggest some that take less than 15 minutes, such as \
fried rice with egg and peas, a quick rice soup, or stuffed peppers.
"""

LEGAL: Final = """\
Subject to the provisions of this agreement, and without prejudice to any right or remedy that either party may have \
under the applicable law, the supplier shall deliver the goods to the address stated in the order within thirty days \
of its acceptance, provided that the purchaser has paid the deposit in full; should the supplier fail to do so for \
reasons within its control, the purchaser may, after giving written notice and allowing a further period of not less \
than ten working days, withdraw from the order and claim the return of all sums already paid, together with interest \
at the statutory rate, but shall not be entitled to any further compensation, unless the failure was caused by gross \
negligence or wilful misconduct on the part of the supplier, its employees or its agents, in which case the limits of \
liability set out in section nine shall not apply.
"""

TEXTS: Final[Mapping[str, str]] = {
    "prose": PROSE,
    "news": NEWS,
    "dialogue": DIALOGUE,
    "list": LIST,
    "technical": TECHNICAL,
    "poem": POEM,
    "chat": CHAT,
    "legal": LEGAL,
}
