/// Words that people make passwords of, by our own count of the published lists.
const WORDS: [&str; 54] = [
    "pass password passwd passwort passwrd passphrase passcode pwd motdepasse contrasena senha parola parol",
    "wachtwoord kennwort geheim",
    "letmein welcome welkom willkommen changeme default admin administrator root user guest login test tester",
    "testing temp temporary secret access account server system web master superuser operator manager office",
    "company security private",
    "hello hallo hola bonjour ciao love lover lovely loveme loveyou iloveyou ilove iloveu iloveme luv kiss kisses",
    "heart forever baby babygirl babyboy honey sweet sweety sweetie darling angel angels cutie sexy beautiful",
    "pretty princess prince queen king lady girl boy man",
    "sunshine sun moon star stars sky rainbow flower flowers rose roses lily daisy summer winter spring autumn snow",
    "rain storm thunder lightning fire ice water ocean river mountain forest nature freedom peace happy smile lucky",
    "magic dream dreams",
    "january february march april may june july august september october november december monday tuesday wednesday",
    "thursday friday saturday sunday sommer herbst",
    "football soccer baseball basketball hockey tennis golf golfer softball volleyball rugby boxing wrestling",
    "swimming skater runner racing fishing hunter hunting surfer cricket",
    "liverpool arsenal chelsea manchester united tottenham barcelona madrid juventus milan bayern dortmund celtic",
    "rangers ranger yankees redsox cowboys steelers eagles lakers bulls packers patriots raiders tigers gators",
    "dodgers",
    "dragon monkey tiger lion eagle wolf wolves falcon bear horse pony dog doggy puppy cat kitty kitten mouse bunny",
    "rabbit turtle fish shark dolphin butterfly panda cobra viper snake spider hamster chicken cookie panther",
    "jaguar cougar",
    "superman batman spiderman ironman joker wolverine hulk starwars startrek matrix gandalf merlin hobbit potter",
    "harrypotter pokemon pikachu naruto goku vegeta mario sonic zelda minecraft fortnite roblox warcraft starcraft",
    "diablo counter halo ninja samurai pirate wizard knight warrior hero legend phantom shadow ghost demon devil",
    "killer slayer hacker",
    "mustang ferrari porsche mercedes corvette camaro harley yamaha honda toyota nissan suzuki ducati audi bmw ford",
    "chevy volvo jeep subaru lexus dodge",
    "computer internet windows linux google facebook youtube twitter myspace instagram yahoo microsoft apple",
    "samsung nokia iphone android sony playstation nintendo xbox adidas nike cisco oracle",
    "michael jordan jennifer michelle jessica ashley amanda nicole daniel andrew joshua matthew anthony christopher",
    "chris william james john robert david richard thomas charles charlie joseph george kevin brian steven steve",
    "mark paul peter alex alexander alexandra alexis anna andrea austin bailey barbara benjamin brandon brittany",
    "carlos carolina caroline catherine christian christina claudia danielle diana dominic edward elizabeth emily",
    "emma eric frank gabriel harry heather helen henry isabella jack jackson jacob jake jasmine jason jeremy joe",
    "jonathan jose juan julia julian justin karen kate katie kim kimberly laura lauren linda lisa louise lucas lucy",
    "maria marie martin mary max maxwell melissa mike miguel monica morgan natalie natasha nathan nicholas oliver",
    "olivia oscar pamela patricia patrick philip rachel rebecca ricardo ronald ryan sabrina samantha samuel sandra",
    "sarah scott sean sebastian sophia sophie stephanie stephen susan taylor teresa tiffany timothy tyler vanessa",
    "veronica victor victoria vincent virginia",
    "irina marina olga elena oleg nikita andrey sergey dmitry dima denis vlad vladimir igor ivan anton artem alina",
    "dasha sasha tanya katya masha misha kirill maxim nastya roman ruslan svetlana viktor klaus stefan hans jan",
    "pierre jean giovanni marco paolo antonio francesco fernando alejandro",
    "america england france germany canada mexico brazil brasil argentina australia ireland scotland russia russian",
    "china india japan london paris berlin moscow dallas boston chicago denver houston phoenix orlando vegas texas",
    "florida california newyork sydney hamburg",
    "orange banana cherry peach strawberry chocolate candy sugar pepper ginger cheese pizza coffee beer whiskey",
    "vodka coke pepsi pumpkin peanut cocacola snickers buttercup bubbles",
    "whatever trustno nothing something anything money dollar gold golden silver diamond crystal platinum purple",
    "yellow green blue black white red pink brown house home family mother father mom mama mommy daddy papa sister",
    "brother friend friends best music guitar piano drummer metallica nirvana slipknot eminem rock rocknroll blink",
    "linkinpark beatles elvis dancer dance cheer school student teacher doctor soldier marine marines army navy",
    "police jesus jesuschrist christ god church faith heaven hell bitch fuck fuckyou fuckme fuckoff shit asshole",
    "pussy dick sex qwerty qwertz azerty qwert asdf asdfgh asdfghjkl zxcvbn zxcvbnm zxcv qazwsx qweasd qwe asd abc",
    "abcd abcdef gfhjkm ghbdtn vfrcbv",
];

/// Every word.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    WORDS.iter().flat_map(|words| words.split(' '))
}

/// Returns whether the text is a word, or one word right after another.
pub(super) fn is_one_or_two(text: &str) -> bool {
    is_word(text) || all().filter_map(|word| text.strip_prefix(word)).any(is_word)
}

fn is_word(text: &str) -> bool {
    all().any(|word| word == text)
}
