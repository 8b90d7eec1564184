/** The words of docs/protocol.md, section 11.5, in the order of `internal/envelope/words.txt`. */
export const safetyList: readonly string[] = `
abbey able acorn acre acrobat actor adder admiral adult agile aisle album alder alley almond alpine amber ample
anchor angle antler anvil apple apron arch arctic arena argon armour arrow artist ashen aspen atlas attic autumn
avenue award axle bacon badge bagel bagpipe bakery balcony ballad bamboo banana banjo banner barley barn basil
basket bath battery beach beacon beaver bedrock beech beetle bell bench berry bicycle birch biscuit bishop
blanket blossom bluebell board bobbin bonfire bonnet book border bottle boulder bowl bracket bramble branch
brass bread breeze brick bridge bright broad bronze brook broom brother brown brush bubble bucket buckle budget
buffalo bugle builder bulb bumble bundle bunny burrow butter button buzzard cabin cable cactus cafe cake calm
camel camera canal candle canoe canvas canyon captain caramel caravan card cargo carpet carrot cashew castle
cedar celery cello cement central ceramic chain chalk chapel chapter chariot charm cheese cherry chestnut
chicken chimney chisel choir church cider cinema circle citron city clarinet clay cliff climate cloak clock
cloud clover coast cobalt cobble cocoa coconut coffee collar comet compass concert copper coral cork corner
cottage cotton country cousin cover cradle crane crater crayon cream cricket crimson crisp crocus crown crystal
cuckoo cupboard curlew current curtain cushion custard cutlery cycle cymbal cypress daffodil dahlia dairy daisy
dance dapple dawn daylight deck delta denim depot desert dessert diamond diary dinner diploma distant dock
dolphin domain domino donkey door dormouse dough dove dragon drawer dream dresser drift drum duck dune dusk
dustpan eagle early earth easel echo eclipse edge editor elastic elder electric elegant elephant ember emerald
empire enamel engine envelope equal ermine escort estate evening evergreen exhibit explore express fabric
factory fair falcon family famous farm fawn feather felt fence fern ferret ferry fiddle field film finch fish
flag flame flannel flask fleece flint float flock flora flour flower flute folder forest forge fork fortune
fossil fountain fox fragrant frame freckle freight frost fruit fudge fuel funnel furrow future gable galaxy
gallery gallon garage garden garlic garnet gazelle gentle geyser gherkin giant ginger giraffe glacier glade
glass glider globe glove goat goblet gold goose gorge gown grain granite grape grass gravel green grid groove
grove guest guide guitar gulf gull gutter habit hamlet hammer hamper handle harbour harp harvest hat haven hawk
hazel heather heavy hedge helmet hermit heron herring hickory hill hinge hobby hockey holiday hollow holly home
honey hood hoof horizon horn horse hotel house hover humble hummock hyacinth iceberg icicle idea igloo iguana
inch indigo inkwell inlet insect iris island ivory ivy jacket jaguar jam jar jasmine jelly jersey jester jetty
jewel jigsaw jogger journey jubilee jug juice jumper jungle juniper jury kayak kennel kernel kettle keyhole
kidskin kilt kingdom kiosk kipper kitchen kite kitten kiwi knitting koala label lace ladder lagoon lake lamb
lamp lantern lapel larch lark laser lattice laurel lavender lawn leaf leather lemon lentil leopard letter
lettuce level library lilac lily lime linen lion lizard llama lobby lobster local locket lodge lotus lounge
lucky lumber lunar lupin lute magnet mahogany mallard mallet mammoth mandarin mango manor mantel maple marble
margin marigold marina market maroon marsh mast matinee meadow medal medley melody melon mercury merlin metal
meteor metric midnight mild mill mineral minnow minster mint mirror mist mitten mohair mole moment money monkey
month moon moose morning mosaic moss moth motor mountain mouse muffin mulberry museum mushroom music mustard
myrtle napkin narrow nation native nature navy nectar needle neon nephew nest nettle nickel night nimble noble
noon notebook novel nugget number nursery nutmeg nylon oak oasis ocean ochre octave octopus office olive
omelette onion opal open opera orange orbit orchard orchid organ origin osprey ostrich otter outdoor oval oven
oyster paddle page pagoda paint palace palm pancake panda panel pansy panther paper paprika parade parcel park
parrot parsley partner pasta pastry patch path patio pavement peacock peanut pebble pelican pencil penguin
pepper perch perfume petal pheasant piano picnic picture pie pigeon pillar pillow pilot pioneer pipe pirate
pistachio planet plant plaster platinum plaza plough plum pocket poem polar polish polka pollen polo pond pony
poplar poppy porch porridge port postcard potato pottery powder prairie primrose prism promise puddle puffin
pulley pumpkin puppet purple puzzle pyramid quail quarry quartz queen quest quiet quill quilt quince quiver
quokka rabbit raccoon radar radio radish raft railway rain raisin ranch random raspberry raven recipe record
reed reef region reindeer relay relic resin rhubarb rhyme ribbon rice ridge river road robin rocket rodeo roof
room rooster rope rose round royal ruby rudder rugby ruler runner rustic saddle saffron sage salad salmon salt
sample sandal sapling sapphire sardine satin saturn saucer savoury saxophone scarf scenic school science scooter
scout screw scroll sculpt season seed seesaw sentry sequoia serene shadow shamrock shark shawl sheep shelf shell
shepherd sherbet shield shoe shore shovel shrimp shutter signal silk silver simple singer sister sketch skirt
sky slate sleeve slipper slope smart smile snail snow soap sofa soil solar solo sonnet soup spaniel spark
sparrow speaker spice spider spinach spiral sponge spoon spring spruce square squash squirrel stable stadium
stag stamp star station statue steam steel stem step stone stool stork story stream street string studio sugar
suitcase sultan summer supper surf swallow swan sweet swift switch sycamore syrup system table tadpole tailor
talent tango tapestry target tartan tavern teal teapot teddy telescope temple tennis tent terrace thatch theatre
thicket thimble thistle throne thunder thyme ticket tide tiger tile timber tinsel toast toffee tomato topaz
torch tortoise tower town tractor trail train travel treacle trellis tribune trombone trophy trout truffle
trumpet trunk tugboat tulip tundra tunic tunnel turban turkey turnip turquoise turtle twig tyre umbrella uncle
unicorn uniform union unique upper upright urban useful vale valley vanilla vase vault velcro velvet venture
veranda verse vessel viaduct victory video village vinegar viola violet violin visitor vivid volcano volume
voyage vulture waffle wagon walnut walrus waltz wander warbler wardrobe warm water wave wax weasel weather
weaver wedge weekend wheat wheel whippet whisker whistle white wicker wigwam willow window winter wisdom wizard
wolf wonder wood wool word workshop world wren writer yacht yard yarn year yellow yeoman yodel yoghurt yonder
zebra zenith zephyr zigzag zinc zone zucchini
`
  .trim()
  .split(/\s+/);
