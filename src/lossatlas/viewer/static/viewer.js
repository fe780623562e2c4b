var e=(e,t)=>()=>(t||(e((t={exports:{}}).exports,t,t.exports),e=null),t.exports),t={azimuth:-58,elevation:33,distance:3.35,target:[0,0,-.04]},n=.25,r=12,i=1.5;function a(e){let t=e.azimuth*Math.PI/180,n=e.elevation*Math.PI/180,[r,i,a,o]=[Math.cos(t),Math.sin(t),Math.cos(n),Math.sin(n)],[s,c,l]=e.target,u=e.distance;return{eye:[s+u*a*r,c+u*a*i,l+u*o],up:[-o*r,-o*i,a],right:[-i,r,0]}}function o(e){let t=(e,t,n)=>Math.min(n,Math.max(t,e));return{azimuth:((e.azimuth+180)%360+360)%360-180,elevation:t(e.elevation,-60,90),distance:t(e.distance,n,r),target:e.target.map(e=>t(e,-1.5,i))}}function s(e,t,n){return o({...e,azimuth:e.azimuth+t,elevation:e.elevation+n})}function c(e,t){return o({...e,distance:e.distance*t})}function l(e,t,n){let{right:r,up:i}=a(e),s=2*e.distance*Math.tan(26*Math.PI/360),c=e.target.map((e,a)=>e-s*(t*r[a]+n*i[a]));return o({...e,target:c})}var u=1.2;function d(e){return e>=u?26:2*Math.atan(Math.tan(26*Math.PI/360)*u/e)*180/Math.PI}function f(e,t,n=1e-6){let r=(e,t)=>Math.abs(e-t)<=n*Math.max(1,Math.abs(e));return r(e.azimuth,t.azimuth)&&r(e.elevation,t.elevation)&&r(e.distance,t.distance)&&e.target.every((e,n)=>r(e,t.target[n]))}function p(e,t={},...n){let r=document.createElement(e);for(let[e,n]of Object.entries(t))n!=null&&n!==!1&&(e===`text`?r.textContent=String(n):e.startsWith(`on`)&&typeof n==`function`?r.addEventListener(e.slice(2),n):r.setAttribute(e,n===!0?``:String(n)));return r.append(...n.filter(e=>e!=null&&e!==!1)),r}var m=`http://www.w3.org/2000/svg`;function h(e,t={},...n){let r=document.createElementNS(m,e);for(let[e,n]of Object.entries(t))n!=null&&n!==!1&&(e===`text`?r.textContent=String(n):r.setAttribute(e,String(n)));return r.append(...n.filter(e=>e!=null&&e!==!1)),r}var g={list:`M2.5 4h11M2.5 8h11M2.5 12h7`,sliders:`M2.5 5h6M12.5 5h1M2.5 11h1M7.5 11h6M10.5 3v4M5.5 9v4`,close:`M4 4l8 8M12 4l-8 8`,plus:`M8 3.5v9M3.5 8h9`,info:`M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 7.3v3.6M8 5.1v.1`,left:`M9.5 4L5.5 8l4 4`,right:`M6.5 4l4 4-4 4`,swap:`M3 6h9.5M10 3.5L12.5 6 10 8.5M13 10.5H3.5M6 8L3.5 10.5 6 13`,save:`M8 2.5v7M5 7l3 3 3-3M3 11v2.5h10V11`,help:`M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM6.2 6.4a1.8 1.8 0 1 1 2.6 1.6c-.5.3-.8.6-.8 1.2M8 11.2v.1`,sun:`M8 10.7a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4ZM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9`,moon:`M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8Z`,auto:`M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 2v12M8 4.5h4.6M8 8h6M8 11.5h4.6`,play:`M5 3.2v9.6l7.6-4.8Z`,pause:`M5.3 3.5v9M10.7 3.5v9`,first:`M4 3.5v9M12 3.5L6.5 8l5.5 4.5Z`,next:`M12 3.5v9M4 3.5L9.5 8 4 12.5Z`,loop:`M3 8a4 4 0 0 1 4-4h5.5M10.5 2l2 2-2 2M13 8a4 4 0 0 1-4 4H3.5M5.5 14l-2-2 2-2`,search:`M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.7 10.7l3 3`,warn:`M8 2.5l6 10.8H2ZM8 6.8v3M8 11.6v.1`,frames:`M2.5 5.5h8v8h-8ZM5 5.5V3h8.5v8.5h-3`,cube:`M8 1.8l5.4 3.1v6.2L8 14.2l-5.4-3.1V4.9ZM8 8l5.4-3.1M8 8v6.2M8 8L2.6 4.9`,link:`M6.5 9.5l3-3M7 4.7l1.5-1.5a2.9 2.9 0 0 1 4.1 4.1L11.1 8.8M9 11.3l-1.5 1.5a2.9 2.9 0 0 1-4.1-4.1l1.5-1.5`};function _(e){let t=e===`play`;return h(`svg`,{viewBox:`0 0 16 16`,class:`icon`,"aria-hidden":`true`,focusable:`false`},h(`path`,{d:g[e],class:t?`fill`:``}))}function v(e,t,n,r={}){return p(`button`,{type:`button`,class:`icon-button`,"aria-label":t,title:t,onclick:n,...r},_(e))}function y(e,t,n){(e.dataset.icon!==t||e.title!==n)&&(e.dataset.icon=t,e.setAttribute(`aria-label`,n),e.title=n,e.querySelector(`svg`)?.replaceWith(_(t)))}function b(e,t){e.textContent!==t&&(e.textContent=t)}function x(e){let t=!1;return()=>{if(t)return;t=!0;let n=()=>{t=!1,e()};document.visibilityState===`hidden`?setTimeout(n,250):requestAnimationFrame(n)}}function S(e){return p(`p`,{},...e.split("`").map((e,t)=>t%2?p(`code`,{text:e}):e))}function C(e,t){let n=new Map(t.entries.map(e=>[e.id,e])),r=new Set(t.gone),i=e.entries.filter(e=>!r.has(e.id)).map(e=>n.get(e.id)??e),a=new Set(e.entries.map(e=>e.id));return{...e,entries:[...i,...t.entries.filter(e=>!a.has(e.id)||r.has(e.id))]}}function w(e,t,n){let r=t.toLowerCase().split(/\s+/).filter(Boolean);return e.filter(e=>{if(n.size&&!n.has(e.kind))return!1;let t=`${e.title} ${e.store} ${e.kind} ${e.dims} ${e.id}`.toLowerCase();return r.every(e=>t.includes(e))})}function T(e){let t=new Map;for(let n of e){let e=t.get(n.store);e?e.push(n):t.set(n.store,[n])}return t}var E=/^(.*?)(\d+)$/s;function D(e){let t=new Map;for(let n of e){let[,e,r]=E.exec(n.id)??[];if(e===void 0||n.error!==null)continue;let i=`${e}*`,a=t.get(i);a?a[0].entry.kind===n.kind&&a.push({number:Number(r),entry:n}):t.set(i,[{number:Number(r),entry:n}])}let n=[];for(let[e,r]of t)r.length<(/(step|epoch)\*$/.test(e)?2:3)||(r.sort((e,t)=>e.number-t.number),n.push({key:e,title:O(r[0].entry.title),entries:r.map(({entry:e})=>e)}));return n}function O(e){let[,t]=E.exec(e)??[];return(t??e).replace(/[\s/_·:-]*(step|epoch)?[\s/_·:-]*$/,``)||e}function k(e){return e.total>0&&e.done<e.total?`${e.done.toLocaleString(`en`)} of ${e.total.toLocaleString(`en`)} points${e.live?`, coarse first`:``}`:e.live?`running`:``}var A=[`#0072b2`,`#d55e00`,`#009e73`,`#cc79a7`,`#56b4e9`,`#e69f00`,`#000000`],j={viridis:`44015444025645045745055946075a46085c460a5d460b5e470d60470e6147106347116447136548146748166848176948186a481a6c481b6d481c6e481d6f481f70482071482173482374482475482576482677482878482979472a7a472c7a472d7b472e7c472f7d46307e46327e46337f463480453581453781453882443983443a83443b84433d84433e85423f854240864241864142874144874045884046883f47883f48893e49893e4a893e4c8a3d4d8a3d4e8a3c4f8a3c508b3b518b3b528b3a538b3a548c39558c39568c38588c38598c375a8c375b8d365c8d365d8d355e8d355f8d34608d34618d33628d33638d32648e32658e31668e31678e31688e30698e306a8e2f6b8e2f6c8e2e6d8e2e6e8e2e6f8e2d708e2d718e2c718e2c728e2c738e2b748e2b758e2a768e2a778e2a788e29798e297a8e297b8e287c8e287d8e277e8e277f8e27808e26818e26828e26828e25838e25848e25858e24868e24878e23888e23898e238a8d228b8d228c8d228d8d218e8d218f8d21908d21918c20928c20928c20938c1f948c1f958b1f968b1f978b1f988b1f998a1f9a8a1e9b8a1e9c891e9d891f9e891f9f881fa0881fa1881fa1871fa28720a38620a48621a58521a68522a78522a88423a98324aa8325ab8225ac8226ad8127ad8128ae8029af7f2ab07f2cb17e2db27d2eb37c2fb47c31b57b32b67a34b67935b77937b87838b9773aba763bbb753dbc743fbc7340bd7242be7144bf7046c06f48c16e4ac16d4cc26c4ec36b50c46a52c56954c56856c66758c7655ac8645cc8635ec96260ca6063cb5f65cb5e67cc5c69cd5b6ccd5a6ece5870cf5773d05675d05477d1537ad1517cd2507fd34e81d34d84d44b86d54989d5488bd6468ed64590d74393d74195d84098d83e9bd93c9dd93ba0da39a2da37a5db36a8db34aadc32addc30b0dd2fb2dd2db5de2bb8de29bade28bddf26c0df25c2df23c5e021c8e020cae11fcde11dd0e11cd2e21bd5e21ad8e219dae319dde318dfe318e2e418e5e419e7e419eae51aece51befe51cf1e51df4e61ef6e620f8e621fbe723fde725`,cividis:`00224e00234f00245100255300255400265600275800285900285b00295d002a5f002a61002b62002c64002c66002d68002e6a002e6c002f6d00306f0030700031700031710132710533710833700c34700f357012357014367016377018376f1a386f1c396f1e3a6f203a6f213b6e233c6e243c6e263d6e273e6e293f6e2a3f6d2b406d2d416d2e416d2f426d31436d32436d33446d34456c35456c36466c38476c39486c3a486c3b496c3c4a6c3d4a6c3e4b6c3f4c6c404c6c414d6c424e6c434e6c444f6c45506c46516c47516c48526c49536c4a536c4b546c4c556c4d556c4e566c4f576c50576c51586d52596d535a6d545a6d555b6d555c6d565c6d575d6d585e6d595e6e5a5f6e5b606e5c616e5d616e5e626e5e636f5f636f60646f61656f62656f636670646770656870656870666970676a71686a71696b716a6c716b6d726c6d726c6e726d6f726e6f736f70737071737172747272747273747374757474757575757676767777767777777878777979777a7a787b7a787c7b787d7c787e7c787e7d787f7e78807f78817f788280798381798482798582798683798784788885788985788a86788b87788c88788d88788e89788f8a78908b78918b78928c78928d78938e78948e77958f779690779791779892779992779a93769b94769c95769d95769e96769f9775a09875a19975a29975a39a74a49b74a59c74a69c74a79d73a89e73a99f73aaa073aba072aca172ada272aea371afa471b0a571b1a570b3a670b4a76fb5a86fb6a96fb7a96eb8aa6eb9ab6dbaac6dbbad6dbcae6cbdae6cbeaf6bbfb06bc0b16ac1b26ac2b369c3b369c4b468c5b568c6b667c7b767c8b866c9b965cbb965ccba64cdbb63cebc63cfbd62d0be62d1bf61d2c060d3c05fd4c15fd5c25ed6c35dd7c45cd9c55cdac65bdbc75adcc859ddc858dec958dfca57e0cb56e1cc55e2cd54e4ce53e5cf52e6d051e7d150e8d24fe9d34eead34cebd44bedd54aeed649efd748f0d846f1d945f2da44f3db42f5dc41f6dd3ff7de3ef8df3cf9e03afbe138fce236fde334fee434fee535fee636fee838`,magma:`00000401000501010601010802010902020b02020d03030f03031204041405041606051806051a07061c08071e0907200a08220b09240c09260d0a290e0b2b100b2d110c2f120d31130d34140e36150e38160f3b180f3d19103f1a10421c10441d11471e114920114b21114e22115024125325125527125829115a2a115c2c115f2d11612f116331116533106734106936106b38106c390f6e3b0f703d0f713f0f72400f74420f75440f764510774710784910784a10794c117a4e117b4f127b51127c52137c54137d56147d57157e59157e5a167e5c167f5d177f5f187f601880621980641a80651a80671b80681c816a1c816b1d816d1d816e1e81701f81721f817320817521817621817822817922827b23827c23827e24828025828125818326818426818627818827818928818b29818c29818e2a81902a81912b81932b80942c80962c80982d80992d809b2e7f9c2e7f9e2f7fa02f7fa1307ea3307ea5317ea6317da8327daa337dab337cad347cae347bb0357bb2357bb3367ab5367ab73779b83779ba3878bc3978bd3977bf3a77c03a76c23b75c43c75c53c74c73d73c83e73ca3e72cc3f71cd4071cf4070d0416fd2426fd3436ed5446dd6456cd8456cd9466bdb476adc4869de4968df4a68e04c67e24d66e34e65e44f64e55064e75263e85362e95462ea5661eb5760ec5860ed5a5fee5b5eef5d5ef05f5ef1605df2625df2645cf3655cf4675cf4695cf56b5cf66c5cf66e5cf7705cf7725cf8745cf8765cf9785df9795df97b5dfa7d5efa7f5efa815ffb835ffb8560fb8761fc8961fc8a62fc8c63fc8e64fc9065fd9266fd9467fd9668fd9869fd9a6afd9b6bfe9d6cfe9f6dfea16efea36ffea571fea772fea973feaa74feac76feae77feb078feb27afeb47bfeb67cfeb77efeb97ffebb81febd82febf84fec185fec287fec488fec68afec88cfeca8dfecc8ffecd90fecf92fed194fed395fed597fed799fed89afdda9cfddc9efddea0fde0a1fde2a3fde3a5fde5a7fde7a9fde9aafdebacfcecaefceeb0fcf0b2fcf2b4fcf4b6fcf6b8fcf7b9fcf9bbfcfbbdfcfdbf`,inferno:`00000401000501010601010802010a02020c02020e03021004031204031405041706041907051b08051d09061f0a07220b07240c08260d08290e092b10092d110a30120a32140b34150b37160b39180c3c190c3e1b0c411c0c431e0c451f0c48210c4a230c4c240c4f260c51280b53290b552b0b572d0b592f0a5b310a5c320a5e340a5f3609613809623909633b09643d09653e0966400a67420a68440a68450a69470b6a490b6a4a0c6b4c0c6b4d0d6c4f0d6c510e6c520e6d540f6d550f6d57106e59106e5a116e5c126e5d126e5f136e61136e62146e64156e65156e67166e69166e6a176e6c186e6d186e6f196e71196e721a6e741a6e751b6e771c6d781c6d7a1d6d7c1d6d7d1e6d7f1e6c801f6c82206c84206b85216b87216b88226a8a226a8c23698d23698f24699025689225689326679526679727669827669a28659b29649d29649f2a63a02a63a22b62a32c61a52c60a62d60a82e5fa92e5eab2f5ead305dae305cb0315bb1325ab3325ab43359b63458b73557b93556ba3655bc3754bd3853bf3952c03a51c13a50c33b4fc43c4ec63d4dc73e4cc83f4bca404acb4149cc4248ce4347cf4446d04545d24644d34743d44842d54a41d74b3fd84c3ed94d3dda4e3cdb503bdd513ade5238df5337e05536e15635e25734e35933e45a31e55c30e65d2fe75e2ee8602de9612bea632aeb6429eb6628ec6726ed6925ee6a24ef6c23ef6e21f06f20f1711ff1731df2741cf3761bf37819f47918f57b17f57d15f67e14f68013f78212f78410f8850ff8870ef8890cf98b0bf98c0af98e09fa9008fa9207fa9407fb9606fb9706fb9906fb9b06fb9d07fc9f07fca108fca309fca50afca60cfca80dfcaa0ffcac11fcae12fcb014fcb216fcb418fbb61afbb81dfbba1ffbbc21fbbe23fac026fac228fac42afac62df9c72ff9c932f9cb35f8cd37f8cf3af7d13df7d340f6d543f6d746f5d949f5db4cf4dd4ff4df53f4e156f3e35af3e55df2e661f2e865f2ea69f1ec6df1ed71f1ef75f1f179f2f27df2f482f3f586f3f68af4f88ef5f992f6fa96f8fb9af9fc9dfafda1fcffa4`,plasma:`0d088710078813078916078a19068c1b068d1d068e20068f2206902406912605912805922a05932c05942e05952f059631059733059735049837049938049a3a049a3c049b3e049c3f049c41049d43039e44039e46039f48039f4903a04b03a14c02a14e02a25002a25102a35302a35502a45601a45801a45901a55b01a55c01a65e01a66001a66100a76300a76400a76600a76700a86900a86a00a86c00a86e00a86f00a87100a87201a87401a87501a87701a87801a87a02a87b02a87d03a87e03a88004a88104a78305a78405a78606a68707a68808a68a09a58b0aa58d0ba58e0ca48f0da4910ea3920fa39410a29511a19613a19814a099159f9a169f9c179e9d189d9e199da01a9ca11b9ba21d9aa31e9aa51f99a62098a72197a82296aa2395ab2494ac2694ad2793ae2892b02991b12a90b22b8fb32c8eb42e8db52f8cb6308bb7318ab83289ba3388bb3488bc3587bd3786be3885bf3984c03a83c13b82c23c81c33d80c43e7fc5407ec6417dc7427cc8437bc9447aca457acb4679cc4778cc4977cd4a76ce4b75cf4c74d04d73d14e72d24f71d35171d45270d5536fd5546ed6556dd7566cd8576bd9586ada5a6ada5b69db5c68dc5d67dd5e66de5f65de6164df6263e06363e16462e26561e26660e3685fe4695ee56a5de56b5de66c5ce76e5be76f5ae87059e97158e97257ea7457eb7556eb7655ec7754ed7953ed7a52ee7b51ef7c51ef7e50f07f4ff0804ef1814df1834cf2844bf3854bf3874af48849f48948f58b47f58c46f68d45f68f44f79044f79143f79342f89441f89540f9973ff9983ef99a3efa9b3dfa9c3cfa9e3bfb9f3afba139fba238fca338fca537fca636fca835fca934fdab33fdac33fdae32fdaf31fdb130fdb22ffdb42ffdb52efeb72dfeb82cfeba2cfebb2bfebd2afebe2afec029fdc229fdc328fdc527fdc627fdc827fdca26fdcb26fccd25fcce25fcd025fcd225fbd324fbd524fbd724fad824fada24f9dc24f9dd25f8df25f8e125f7e225f7e425f6e626f6e826f5e926f5eb27f4ed27f3ee27f3f027f2f227f1f426f1f525f0f724f0f921`,RdBu_r:`05306106326407346708366a09386d0a3b700c3d730d3f760e41790f437b10457e114781124984134c87144e8a15508d1752901854931956961a58991b5a9c1c5c9f1d5fa21e61a51f63a82065ab2267ac2369ad246aae266caf276eb02870b12a71b22b73b32c75b42e77b52f79b5307ab6327cb7337eb83480b93681ba3783bb3885bc3a87bd3b88be3c8abe3e8cbf3f8ec0408fc14291c24393c34695c44997c54c99c64f9bc7529dc8569fc959a1ca5ca3cb5fa5cd62a7ce65a9cf68abd06bacd16eaed271b0d375b2d478b4d57bb6d67eb8d781bad884bcd987beda8ac0db8dc2dc90c4dd93c6de96c7df98c8e09bc9e09dcbe1a0cce2a2cde3a5cee3a7d0e4a9d1e5acd2e5aed3e6b1d5e7b3d6e8b6d7e8b8d8e9bbdaeabddbeac0dcebc2ddecc5dfecc7e0edcae1eecce2efcfe4efd1e5f0d2e6f0d4e6f1d5e7f1d7e8f1d8e9f1dae9f2dbeaf2ddebf2deebf2e0ecf3e1edf3e3edf3e4eef4e6eff4e7f0f4e9f0f4eaf1f5ecf2f5edf2f5eff3f5f0f4f6f2f5f6f3f5f6f5f6f7f6f7f7f7f6f6f7f5f4f8f4f2f8f3f0f8f2eff8f1edf9f0ebf9efe9f9eee7f9ede5f9ebe3faeae1fae9dffae8defae7dcfbe6dafbe5d8fbe4d6fbe3d4fce2d2fce0d0fcdfcffcdecdfdddcbfddcc9fddbc7fdd9c4fcd7c2fcd5bffcd3bcfbd0b9fbceb7fbccb4facab1fac8aff9c6acf9c4a9f9c2a7f8bfa4f8bda1f8bb9ef7b99cf7b799f7b596f6b394f6b191f6af8ef5ac8bf5aa89f5a886f4a683f3a481f2a17ff19e7df09c7bef9979ee9677ec9374eb9172ea8e70e98b6ee8896ce6866ae58368e48066e37e64e27b62e17860df765ede735cdd7059dc6e57db6b55da6853d86551d7634fd6604dd55d4cd35a4ad25849d05548cf5246ce4f45cc4c44cb4942c94741c84440c6413ec53e3dc43b3cc2383ac13639bf3338be3036bd2d35bb2a34ba2832b82531b72230b61f2eb41c2db3192cb1182bae172aab162aa81529a51429a213289f12289c1127991027960f27930e26900d268d0c258a0b25870a248409248108237f08237c07227906227605217304217003206d02206a011f67001f`},M=500;function N(){return{ids:[],series:``,frame:0,speed:4,loop:!0,linked:!0,camera:null,settings:{height:``,color:``,scale:`auto`,clip:null,map:`auto`,theme:`auto`,contours:!0,floor:!0,tracks:`true`,time:1,sheet:``,iso:.5,cutAxis:`z`,cut:.5,mode:`auto`,quality:`auto`}}}function ee(e,t,n){let r=e.trim()===``?NaN:Number(e);return r>=t&&r<=n?r:void 0}function te(e){return String(Number(e.toPrecision(6)))}function P(e){return{read:(t,n)=>(n.settings[e]=t,!0),write:t=>encodeURIComponent(t.settings[e])}}function F(e,t){return{read:(n,r)=>{if(t.includes(n))return r.settings[e]=n,!0},write:t=>String(t.settings[e]),expected:`one of ${t.join(`, `)}`}}function ne(e,t){return{read:(n,r)=>{if(n===`on`||n===`off`)return e(r)[t]=n===`on`,!0},write:n=>e(n)[t]?`on`:`off`,expected:`on or off`}}function re(e,t,n,r,i=!1){return{read:(a,o)=>{let s=ee(a,n,r);if(!(s===void 0||i&&!Number.isInteger(s)))return e(o)[t]=s,!0},write:n=>te(e(n)[t]),expected:`a${i?` whole`:``} number from ${n} to ${r}`}}var ie={read:(e,t)=>{let n=e.split(`,`).filter(Boolean).map(decodeURIComponent);return t.ids=[...new Set(n)],!0},write:e=>e.ids.map(encodeURIComponent).join(`,`),expected:`ids with commas between them, each percent-encoded`},ae={read:(e,t)=>{let n=ee(e,-Number.MAX_VALUE,Number.MAX_VALUE);if(n!==void 0)return t.settings.clip=n,!0},write:e=>e.settings.clip===null?``:te(e.settings.clip),expected:`a number`},oe={read:(e,t)=>{let n=e.split(`,`).map(e=>ee(e,-1e4,1e4));if(n.length!==6||n.some(e=>e===void 0))return;let[r,i,a,o,s,c]=n;if(!(Math.abs(i)>90||a<=0))return t.camera={azimuth:r,elevation:i,distance:a,target:[o,s,c]},!0},write:({camera:e})=>e?[e.azimuth,e.elevation,e.distance,...e.target].map(e=>String(Number(e.toFixed(3)))).join(`,`):``,expected:`six numbers: azimuth, elevation, distance and three of the target`},se=e=>e,ce=e=>e.settings,le={ids:ie,series:{read:(e,t)=>(t.series=e,!0),write:e=>encodeURIComponent(e.series)},frame:re(se,`frame`,0,1e6,!0),speed:re(se,`speed`,.1,60),loop:ne(se,`loop`),linked:ne(se,`linked`),height:P(`height`),color:P(`color`),scale:F(`scale`,[`auto`,`linear`,`log`]),clip:ae,map:F(`map`,[`auto`,...Object.keys(j)]),theme:F(`theme`,[`auto`,`light`,`dark`]),contours:ne(ce,`contours`),floor:ne(ce,`floor`),tracks:F(`tracks`,[`true`,`dropped`,`off`]),time:re(ce,`time`,0,1),sheet:P(`sheet`),iso:re(ce,`iso`,0,1),cutaxis:F(`cutAxis`,[`x`,`y`,`z`]),cut:re(ce,`cut`,0,1),mode:F(`mode`,[`auto`,`flat`]),quality:F(`quality`,[`auto`,`low`,`high`]),camera:oe};function ue(e){let t=N();return Object.entries(le).map(([n,r])=>[n,r.write(e),r.write(t)]).filter(([,e,t])=>e!==t).map(([e,t])=>`${e}=${t}`).join(`&`)}function de(e){let t=N(),n=[];for(let r of e.replace(/^#/,``).split(`&`).filter(Boolean)){let e=r.indexOf(`=`),i=e<0?r:r.slice(0,e),a=Object.hasOwn(le,i)?le[i]:void 0;a?(e<0||!fe(i,a,r.slice(e+1),t))&&n.push(`“${r}” in the address was left out; expected ${a.expected??`a name, percent-encoded`}`):n.push(`“${i}” in the address is not known here and was left out`)}let r=t.series===`chosen`?M:6;return t.ids.length>r&&(n.push(`the address names ${t.ids.length} results; the first ${r} are shown`),t.ids=t.ids.slice(0,r)),{state:t,notices:n}}function fe(e,t,n,r){try{return t.read(e===`ids`?n:decodeURIComponent(n),r)===!0}catch{return!1}}var pe=class{onNotices;state;listeners=new Set;resting;constructor(e,t=``){this.onNotices=e;let{state:n,notices:r}=de(location.hash.length>1?location.hash:t);this.state=n,r.length&&e(r),this.write(`replace`),addEventListener(`popstate`,this.follow),addEventListener(`hashchange`,this.follow)}listen(e){return this.listeners.add(e),()=>this.listeners.delete(e)}step(e){this.rest(),this.change(e),this.write(`push`)}slide(e){this.change(e),clearTimeout(this.resting),this.resting=setTimeout(this.rest,300)}set(e){this.step({settings:{...this.state.settings,...e}})}slideSettings(e){this.slide({settings:{...this.state.settings,...e}})}dispose(){this.rest(),removeEventListener(`popstate`,this.follow),removeEventListener(`hashchange`,this.follow),this.listeners.clear()}change(e){let t=this.state;this.state={...t,...e};for(let e of this.listeners)e(this.state,t)}rest=()=>{this.resting!==void 0&&(clearTimeout(this.resting),this.resting=void 0,this.write(`replace`))};write(e){let t=ue(this.state);if(t!==location.hash.slice(1))try{let n=t?`#${t}`:`${location.pathname}${location.search}`;e===`push`?history.pushState(null,``,n):history.replaceState(null,``,n)}catch{}}follow=()=>{if(clearTimeout(this.resting),this.resting=void 0,location.hash.slice(1)===ue(this.state))return;let{state:e,notices:t}=de(location.hash);t.length&&this.onNotices(t),this.change(e)}},me=400,he=class{host;element;search=p(`input`,{type:`search`,placeholder:`Search results`,"aria-label":`Search results`,spellcheck:`false`});chips=p(`div`,{class:`chips`,role:`group`,"aria-label":`Kinds`});list=p(`div`,{class:`catalogue-list`});count=p(`span`,{class:`count`});prompt=p(`p`,{class:`prompt`,role:`status`,hidden:!0});rows=new Map;kinds=new Set;entries=[];shown=[];playing=``;constructor(e){this.host=e,this.search.addEventListener(`input`,()=>this.draw()),this.search.addEventListener(`keydown`,e=>{e.key===`Enter`&&this.list.querySelector(`.row-main`)?.click()});let t=p(`button`,{type:`button`,class:`icon-button`,"aria-label":`Close the list`,title:`Close the list`},_(`close`));t.addEventListener(`click`,()=>e.onClose());let n=p(`div`,{class:`panel-head`},p(`h2`,{},`Results `,this.count),t),r=p(`div`,{class:`catalogue-tools`},p(`label`,{class:`search`},_(`search`),this.search),this.chips,this.prompt);this.element=p(`nav`,{class:`panel catalogue`,"aria-label":`Results`},n,r,this.list)}focusSearch(){this.search.focus(),this.search.select()}ask(e){this.prompt.hidden=e===``,b(this.prompt,e)}show(e,t,n){(e!==this.entries||n!==this.playing||t.join(`
`)!==this.shown.join(`
`))&&(this.entries=e,this.shown=t,this.playing=n,this.draw())}draw(){let[e,t]=[document.activeElement,this.list.scrollTop];b(this.count,String(this.entries.length)),this.drawChips();let n=w(this.entries,this.search.value,this.kinds),r=[],i=me;for(let[e,t]of T(n)){let n=t.slice(0,Math.max(0,i)).map(e=>this.row(e));i-=n.length,n.length&&r.push(this.group(e,t,n))}let a=n.length-me;a>0&&r.push(p(`p`,{class:`hint`,text:`${a} more: search to find them`})),n.length||r.push(p(`p`,{class:`hint`,text:this.entries.length?`Nothing matches. Try fewer words.`:`No results yet.`})),this.list.replaceChildren(...r),this.list.scrollTop=t,e instanceof HTMLElement&&e!==document.activeElement&&this.list.contains(e)&&e.focus({preventScroll:!0});let o=new Set(this.entries.map(({id:e})=>e));for(let e of this.rows.keys())o.has(e)||this.rows.delete(e)}group(e,t,n){let r=D(t).map(e=>this.seriesRow(e));return p(`section`,{class:`group`},p(`h3`,{text:e,title:e}),p(`ul`,{"aria-label":e},...r,...n))}seriesRow({key:e,title:t,entries:n}){let r=p(`button`,{type:`button`,class:`row-main series`},_(`play`));return r.append(p(`span`,{class:`row-text`},p(`span`,{class:`row-title`,text:t}),p(`span`,{class:`row-sub`,text:`play ${n.length} in time`}))),r.addEventListener(`click`,()=>this.host.onPlay(e)),r.setAttribute(`aria-current`,String(e===this.playing)),p(`li`,{class:e===this.playing?`row shown`:`row`},r)}row(e){let t=this.rows.get(e.id);return t||this.rows.set(e.id,t=this.makeRow(e.id)),t.update(e,this.shown.includes(e.id),this.shown.length>=6),t.element}makeRow(e){let t=p(`span`,{class:`row-title`}),n=p(`span`,{class:`row-sub`}),r=p(`span`,{class:`row-meter`,"aria-hidden":`true`},p(`span`)),i=p(`button`,{type:`button`,class:`row-main`},p(`span`,{class:`row-text`},t,n),r),a=p(`button`,{type:`button`,class:`icon-button row-add`},_(`plus`)),o=p(`li`,{class:`row`},i,a);return i.addEventListener(`click`,t=>t.shiftKey||t.metaKey||t.ctrlKey?a.click():this.host.onShow(e)),a.addEventListener(`click`,()=>this.shown.includes(e)?this.host.onTakeAway(e):this.host.onAdd(e)),{element:o,update:(e,s,c)=>{b(t,e.title);let l=k(e);b(n,e.error?`cannot be shown: ${e.error}`:[e.kind,e.dims,l].filter(Boolean).join(` · `)),i.title=e.error??e.title,i.setAttribute(`aria-current`,String(s)),o.classList.toggle(`shown`,s),o.classList.toggle(`wrong`,e.error!==null),o.classList.toggle(`live`,e.live);let u=e.total>0&&e.done<e.total;r.hidden=!u,u&&(r.firstElementChild.style.width=`${100*e.done/e.total}%`),y(a,s?`close`:`plus`,s?`Take ${e.title} away`:`Show ${e.title} beside the others`),a.disabled=!s&&c}}}drawChips(){let e=[...new Set(this.entries.map(({kind:e})=>e))].sort(),t=e.join();this.chips.dataset.key!==t&&(this.chips.dataset.key=t,this.chips.hidden=e.length<2,this.chips.replaceChildren(...e.map(e=>{let t=p(`button`,{type:`button`,class:`chip`,"aria-pressed":String(this.kinds.has(e)),text:e});return t.addEventListener(`click`,()=>{this.kinds.delete(e)||this.kinds.add(e),t.setAttribute(`aria-pressed`,String(this.kinds.has(e))),this.draw()}),t})))}};function ge(e){let t=atob(e.data),n=new Uint8Array(t.length);for(let e=0;e<t.length;e++)n[e]=t.charCodeAt(e);let r=e.dtype===`f4`?new Float32Array(n.buffer):e.dtype===`f8`?new Float64Array(n.buffer):n,i=e.shape.reduce((e,t)=>e*t,1);if(r.length!==i)throw Error(`an array of shape ${e.shape.join(` × `)} came with ${r.length} numbers`);return r}var _e=new WeakMap;function I(e){let t=_e.get(e);return t||_e.set(e,t=ge(e)),t}function ve(e,t){return e.find(e=>e.name===t)??e[0]}function ye(e,t,n,r=null){if(e===`log`){if(!(t>0))throw Error(`a log scale got the range ${t} … ${n}; expected positive numbers`);return t<n?{kind:e,low:t,high:n,center:null}:{kind:e,low:t/2,high:t*2,center:null}}if(r!==null){let i=Math.max(Math.abs(t-r),Math.abs(n-r))||.5;return{kind:e,low:r-i,high:r+i,center:r}}return t<n?{kind:e,low:t,high:n,center:r}:{kind:e,low:t-.5,high:t+.5,center:r}}function L(e,t){return e.kind===`log`?t>0?Math.log(t/e.low)/Math.log(e.high/e.low):NaN:(t-e.low)/(e.high-e.low)}function be(e,t){return e.kind===`log`?e.low*(e.high/e.low)**+t:e.low+t*(e.high-e.low)}function R(e,t){let n=1/0,r=-1/0;for(let i=0;i<e.length;i++){let a=e[i];!Number.isFinite(a)||t===`log`&&a<=0||(a<n&&(n=a),a>r&&(r=a))}return n<=r?[n,r]:null}function xe(e,t){let n=e/Math.max(t,1),r=10**Math.floor(Math.log10(n));return[1,2,5,10].map(e=>e*r).find(e=>e>=n*.999999)??10*r}function Se(e,t=5){let n=[];if(e.kind===`log`){let r=Math.floor(Math.log10(e.low)-1e-9),i=Math.ceil(Math.log10(e.high)+1e-9),a=i-r,o=a<=3?[1,2,5]:[1],s=Math.max(1,Math.ceil(a/(2*t)));for(let e=r;e<=i;e+=s)for(let t of o)n.push(t*10**e)}if(e.kind===`linear`||n.filter(t=>t>=e.low&&t<=e.high).length<3){n.length=0;let r=xe(e.high-e.low,t);for(let t=Math.ceil(e.low/r-1e-9);t*r<=e.high+1e-9*r;t++)n.push(t*r)}return n.filter(t=>L(e,t)>=-1e-9&&L(e,t)<=1.000000001).map(e=>({value:e,label:z(e)}))}function Ce(e,t){if(e.kind===`log`)return Array.from({length:t},(n,r)=>be(e,(r+1)/(t+1)));let n=xe(e.high-e.low,t),r=[];for(let t=Math.ceil(e.low/n);t*n<e.high;t++)t*n>e.low&&r.push(t*n);return r}function z(e,t=3){if(!Number.isFinite(e))return Number.isNaN(e)?`not a number`:e>0?`∞`:`−∞`;if(e===0)return`0`;let n=Math.abs(e);if(n>=1e5||n<.001){let[n,r]=e.toExponential(t-1).split(`e`),i=String(Number(r)).replace(`-`,`⁻`).replace(/\d/g,e=>`⁰¹²³⁴⁵⁶⁷⁸⁹`[Number(e)]),a=String(Number(n));return`${a===`1`?``:a===`-1`?`−`:`${a}·`}10${i}`.replace(`-`,`−`)}return String(Number(e.toPrecision(t))).replace(`-`,`−`)}var we=new Map;function B(e){let t=we.get(e);if(!t){let n=j[e];t=Uint8Array.from({length:n.length/2},(e,t)=>parseInt(n.slice(2*t,2*t+2),16)),we.set(e,t)}return t}function V(e,t){if(Number.isNaN(t))return null;let n=B(e),r=3*Math.round(255*Math.min(1,Math.max(0,t)));return[n[r],n[r+1],n[r+2]]}function Te(e,t){let{x:n,y:r,steps:i}=e,a=n.length;if(!a)return{count:0,x:NaN,y:NaN};let o=e=>i?i[e]:e,s=o(0)+Math.min(1,Math.max(0,t))*(o(a-1)-o(0)),c=1;for(;c<a&&o(c)<=s+1e-9*Math.abs(s);)c++;if(c===a)return{count:c,x:n[a-1],y:r[a-1]};let l=(s-o(c-1))/(o(c)-o(c-1)),u=e=>e[c-1]+l*(e[c]-e[c-1]);return{count:c,x:u(n),y:u(r)}}function Ee(e,t){let[n,r]=[e[0],e[e.length-1]];return Math.floor(n+t*(r-n))}function De({off:e,atLeast:t},n){return!e||!Number.isFinite(e[n])?``:`${t&&e[n]>0?`at least `:``}${z(100*e[n],2)}\u00a0%`}function Oe(e,t,n=!1){let{name:r,steps:i,off:a,atLeast:o}=e,s=[r||`run`,i?.length?`step ${z(Ee(i,t),6)}`:``].filter(Boolean).join(`, `),c=0;for(let e=0;a&&e<a.length;e++)a[e]>c&&a[e]<1/0&&(c=a[e]);return c>0&&!n?`${s}; fuller: farther off the plane (${o?`at least `:`up to `}${z(100*c,2)} %)`:s}var ke=32,Ae=10,je=0;function Me(e){return e?`rgb(${e.join(` `)})`:`none`}function Ne(e){return e.scale?`${e.label}${e.scale.kind===`log`?`, log scale`:``}${e.clipped?`, clipped`:``}`:e.label}function Pe(e,t,n=`currentColor`){let r=h(`svg`,{viewBox:`0 0 ${t} 46`,width:t,height:46,class:`colorbar`,role:`img`,"aria-label":Le(e)});return r.append(h(`text`,{x:t/2,y:11,"text-anchor":`middle`,class:`colorbar-title`,fill:n,text:Ne(e)})),e.scale?Fe(r,e,t,n):Ie(r,e,t,n),r}function Fe(e,t,n,r){let i=t.scale,a=`bar${++je}`,o=h(`linearGradient`,{id:a});for(let e=0;e<=ke;e++)o.append(h(`stop`,{offset:e/ke,"stop-color":Me(V(t.map,e/ke))}));let s=n-24;e.append(h(`defs`,{},o)),e.append(h(`rect`,{x:12,y:18,width:s,height:Ae,rx:2,fill:`url(#${a})`}));let c=-1/0;for(let t of Se(i,Math.max(2,Math.floor(s/60)))){let n=12+s*L(i,t.value);e.append(h(`line`,{x1:n,x2:n,y1:28,y2:32,stroke:r,"stroke-opacity":.5}));let a=3.4*t.label.length;n-a<c||(c=n+a+8,e.append(h(`text`,{x:n,y:43,"text-anchor":`middle`,class:`colorbar-tick`,fill:r,text:t.label})))}}function Ie(e,t,n,r){t.pair.forEach(([i,a],o)=>{let s=n/2-92+100*o;e.append(h(`rect`,{x:s,y:20,width:12,height:12,rx:2,fill:Me(V(t.map,a))})),e.append(h(`text`,{x:s+18,y:30,class:`colorbar-tick`,fill:r,text:i}))})}function Le(e){if(!e.scale)return`colours: ${e.pair.map(([e])=>e).join(`, `)}`;let t=[0,1].map(t=>be(e.scale,t).toPrecision(3));return`colour scale of ${Ne(e)}, from ${t[0]} to ${t[1]}`}var Re=0;function ze(e,t,n){let r=`segments${++Re}`,i=t.map(({value:e})=>p(`input`,{type:`radio`,name:r,value:e,class:`visually-hidden`})),a=p(`div`,{class:`segments`,role:`radiogroup`,"aria-label":e});return t.forEach(({text:e},t)=>a.append(p(`label`,{},i[t],p(`span`,{text:e})))),a.addEventListener(`change`,e=>n(e.target.value)),{element:p(`div`,{class:`control`},p(`span`,{class:`control-label`,"aria-hidden":`true`,text:e}),a),set:e=>i.forEach(t=>t.checked=t.value===e)}}function Be(e,t){let n=p(`select`,{});n.addEventListener(`change`,()=>t(n.value));let r=``;return{element:p(`label`,{class:`control`},p(`span`,{class:`control-label`,text:e}),p(`span`,{class:`select`},n)),set:e=>n.value=e,offer:e=>{let t=JSON.stringify(e);t!==r&&(r=t,n.replaceChildren(...e.map(({value:e,text:t})=>p(`option`,{value:e,text:t}))))}}}function Ve(e,t){let n=p(`input`,{type:`checkbox`,role:`switch`});return n.addEventListener(`change`,()=>t(n.checked)),{element:p(`label`,{class:`control switch`},p(`span`,{class:`control-label`,text:e}),n),set:e=>n.checked=e}}function He(e,t){let n=p(`input`,{type:`range`,min:0,max:1,step:.005,"aria-label":e}),r=p(`span`,{class:`control-value`});return n.addEventListener(`input`,()=>t(n.valueAsNumber)),{element:p(`label`,{class:`control`},p(`span`,{class:`control-label`},e,r),n),set:({at:e,text:t})=>{(Math.abs(n.valueAsNumber-e)>.004||document.activeElement!==n)&&(n.valueAsNumber=e),n.style.setProperty(`--at`,`${100*e}%`),n.setAttribute(`aria-valuetext`,t),b(r,t)}}}function Ue(e,t,n){let r=p(`input`,{type:`number`,step:`any`,placeholder:t,inputmode:`decimal`});return r.addEventListener(`change`,()=>n(r.value===``||!Number.isFinite(r.valueAsNumber)?null:r.valueAsNumber)),{element:p(`label`,{class:`control row-control`},p(`span`,{class:`control-label`,text:e}),r),set:e=>{let t=e===null?``:String(Number(e.toPrecision(4)));document.activeElement!==r&&r.value!==t&&(r.value=t)}}}var We=`evaluated`;function Ge(e,t){return ve(e.sheets,t.sheet)}function Ke(e,t,n){let r=e=>t.quantities.find(t=>t.name===e);return r(n.height)??r(e.quantity)??t.quantities[0]}function qe(e,t,n){return n.color===`evaluated`&&t.predicted?We:t.quantities.find(e=>e.name===n.color)??Ke(e,t,n)}function Je(e){return Float32Array.from(I(e),e=>1-e)}function Ye(e,t){return t===`auto`?e.scale:t}function Xe(e){return e===`evaluated`?[.22,.78]:[0,1]}function Ze(e){let[t,n]=Xe(e);return ye(`linear`,-t/(n-t),(1-t)/(n-t))}function Qe(e,t){let n=e.field??e.volume;return(n&&Ge(n,{sheet:t}))??null}function $e(e,t){let n=Qe(e,t.sheet);return(n&&Ke(e.field??e.volume,n,t))??null}function et(e,t){let n=Qe(e,t.sheet);return(n&&qe(e.field??e.volume,n,t))??null}function tt(e,t){let n=t.some(e=>rt(e,`log`)!==null);return e===`linear`||!n?`linear`:e===`log`||t.every(e=>e.scale===`log`)?`log`:`linear`}var nt=new WeakMap;function rt(e,t){if(e.scale===t&&e.low!==null&&e.high!==null)return[e.low,e.high];let n=nt.get(e);return n||nt.set(e,n={}),n[t]??=R(I(e.values),t)}function it(e){let t=e.filter(e=>e!==null);return t.length?[Math.min(...t.map(([e])=>e)),Math.max(...t.map(([,e])=>e))]:null}function at(e){return R(I(e.values),`linear`)}var ot=e=>`${e.name}\n${e.label}`;function st(e,t,n){let r=new Map;for(let n of e){let e=t(n);e!==null&&r.set(e,[...r.get(e)??[],n])}let i=new Map([...r].map(([e,t])=>[e,n(t)]));return e.map(e=>i.get(t(e)??``)??null)}function ct(e,t,n){let r=(t,r)=>n.linked?r:`${e.indexOf(t)}\n${r}`,i=st(e,e=>$e(e,t)?r(e,ot($e(e,t))):null,e=>ut(e,t)),a=new Map(e.map((e,t)=>[e,i[t]?.kind??`linear`])),o=e=>{let n=et(e,t);return n===null?null:r(e,n===`evaluated`?`
evaluated`:`${ot(n)}\n${a.get(e)}`)},s=st(e,o,e=>dt(e,t,a.get(e[0]),o(e[0]))),c=st(e,e=>e.field?r(e,`${e.field.x.label}\n${e.field.y.label}`):null,e=>e.length<2?null:pt(e));return e.map((e,r)=>{let a=s[r];return{look:{...t,theme:n.theme,scale:i[r]?.kind??`linear`,map:a?.map??`viridis`,quality:t.quality===`auto`&&n.slow?`low`:t.quality},shared:{height:i[r]?.range??null,color:a?.scale?[a.scale.low,a.scale.high]:null,x:c[r]?.x??null,y:c[r]?.y??null},bar:a}})}function lt(e,t){return e&&t!==null&&t>e[0]?[e[0],Math.min(e[1],t)]:e}function ut(e,t){let n=e.map(e=>$e(e,t)),r=tt(t.scale,n);return{kind:r,range:lt(it(n.map(e=>rt(e,r))),t.clip)}}function dt(e,t,n,r){let i=t.map===`auto`?`viridis`:t.map,a=e.map(e=>et(e,t)).filter(e=>e!==null&&e!==`evaluated`);if(!a.length||a[0].flag){let e=a[0]?.label??`evaluated or predicted`,[t,n]=Xe(a[0]?.name??`evaluated`),o=a.length?[e,`not ${e}`]:[`evaluated`,`predicted`];return{key:r,label:e,scale:null,pair:[[o[0],n],[o[1],t]],map:i,clipped:!1}}let o=a[0].name===$e(e[0],t)?.name,s=o?n:tt(`auto`,a),c=it(a.map(e=>rt(e,s))),l=o?lt(c,t.clip):c;if(!l)return null;let u=s===`linear`?a[0].center:null;return{key:r,label:a[0].label,scale:ye(s,l[0],l[1],u),pair:null,map:t.map===`auto`&&u!==null?`RdBu_r`:i,clipped:l[1]!==c[1]}}var ft=.4;function pt(e){let t=[`x`,`y`].map(t=>{let n=e.map(e=>at(e.field[t])),r=it(n);return r&&n.every(e=>e!==null&&e[1]-e[0]>=ft*(r[1]-r[0]))?r:null});return t.includes(null)?null:{x:t[0],y:t[1]}}var mt=[{name:`Reset`,camera:null},{name:`Top`,camera:{azimuth:-90,elevation:90}},{name:`Front`,camera:{azimuth:-90,elevation:8}},{name:`Isometric`,camera:{azimuth:-45,elevation:35.264}}],ht={auto:`Automatic`,RdBu_r:`RdBu (diverging)`},gt=class{store;host;element;parts;constructor(e,t){this.store=e,this.host=t;let n=(e,...t)=>({section:p(`section`,{class:`settings-section`,"aria-label":e},p(`h3`,{text:e}),...t.map(e=>e.element)),parts:t});this.parts=[n(`Height`,this.sheet(),this.height(),this.scale(),this.clipSlider(),this.clipNumber()),n(`Colour`,this.color(),this.map()),n(`Volume`,this.iso(),this.cutAxis(),this.cut()),n(`Overlays`,this.switch(`contours`,`Contour lines`),this.switch(`floor`,`Contour map on the floor`,!0),this.tracks(),this.time()),n(`Camera`,this.cameras()),n(`Page`,this.linked(),this.mode(),this.quality(),this.theme())];let r=v(`close`,`Close the settings`,()=>t.onClose());this.element=p(`aside`,{class:`panel settings`,"aria-label":`Settings`},p(`div`,{class:`panel-head`},p(`h2`,{text:`Settings`}),r),p(`div`,{class:`settings-list`},...this.parts.map(({section:e})=>e)))}sync(e){for(let{section:t,parts:n}of this.parts)t.hidden=!n.map(t=>{let n=t.sync(e);return t.element.hidden=!n,n}).includes(!0)}set(e){this.store.set(e)}sheet(){let e=Be(`Sheet`,e=>this.set({sheet:e}));return{element:e.element,sync:({documents:t,state:n})=>{let r=bt(t);return e.offer(r.map(e=>({value:e,text:e||`all together`}))),e.set(r.includes(n.settings.sheet)?n.settings.sheet:r[0]??``),r.length>1}}}height(){let e=Be(`Quantity`,e=>this.set({height:e}));return{element:e.element,sync:({documents:t,state:n})=>{let r=xt(t,n.settings),i=t.map(e=>$e(e,{...n.settings,height:``})).find(Boolean);e.offer(r);let a=r.some(({value:e})=>e===n.settings.height)?n.settings.height:i?.name??``;return e.set(a),r.length>1}}}color(){let e=Be(`Colour by`,e=>this.set({color:e}));return{element:e.element,sync:({documents:t,state:n})=>{let r=xt(t,n.settings).filter(({value:e})=>e!==`evaluated`),i=t.some(e=>Qe(e,n.settings.sheet)?.predicted),a=[{value:``,text:`the height`},...r,...i?[{value:`evaluated`,text:`evaluated or predicted`}]:[]];return e.offer(a),e.set(a.some(({value:e})=>e===n.settings.color)?n.settings.color:``),a.length>2}}}scale(){let e=ze(`Scale`,_t(`auto Auto`,`linear Linear`,`log Log`),e=>this.set({scale:e}));return{element:e.element,sync:({state:t,documents:n})=>(e.set(t.settings.scale),vt(n))}}clipSlider(){let e=null,t=`linear`,n=He(`Clip above`,n=>{e&&this.store.slideSettings({clip:n>=.999?null:be(ye(t,...e),n)})});return{element:n.element,sync:({state:r,plans:i,documents:a})=>{t=i.find(({shared:e})=>e.height)?.look.scale===`log`?`log`:`linear`,e=St(a,r.settings,t);let{clip:o}=r.settings,s=o===null||!e?1:Math.min(1,Math.max(0,L(ye(t,...e),o)));return n.set({at:Number.isNaN(s)?0:s,text:o===null?`off`:z(o)}),e!==null&&a.some(e=>e.field)}}}clipNumber(){let e=Ue(`Clip at`,`off`,e=>this.set({clip:e}));return{element:e.element,sync:({state:t,documents:n})=>(e.set(t.settings.clip),n.some(e=>e.field))}}map(){let e=p(`span`,{class:`swatch`,"aria-hidden":`true`}),t=[`auto`,...Object.keys(j)],n=Be(`Colour map`,e=>this.set({map:e}));return n.offer(t.map(e=>({value:e,text:ht[e]??e[0].toUpperCase()+e.slice(1)}))),n.element.append(e),{element:n.element,sync:({state:t,plans:r,documents:i})=>(n.set(t.settings.map),wt(e,r[0]?.look.map??`viridis`),vt(i))}}iso(){let e=He(`Iso-surface`,e=>this.store.slideSettings({iso:e}));return{element:e.element,sync:({state:t,documents:n,plans:r,solid:i})=>{let a=r.find((e,t)=>n[t].volume),o=a?.shared.height,s=o?z(be(ye(a.look.scale===`log`?`log`:`linear`,...o),t.settings.iso)):``;return e.set({at:t.settings.iso,text:s}),i&&a!==void 0}}}cutAxis(){let e=ze(`Cut across`,_t(`x x`,`y y`,`z z`),()=>{}),t=p(`div`,{},e.element),n=``;return{element:t,sync:({state:r,documents:i})=>{let a=i.find(e=>e.volume)?.volume;if(!a)return!1;let o=[a.x.label,a.y.label,a.z.label];return n!==o.join()&&(n=o.join(),e=ze(`Cut across`,[`x`,`y`,`z`].map((e,t)=>({value:e,text:o[t]})),e=>this.set({cutAxis:e})),t.replaceChildren(e.element)),e.set(r.settings.cutAxis),!0}}}cut(){let e=He(`Cut at`,e=>this.store.slideSettings({cut:e}));return{element:e.element,sync:({state:{settings:t},documents:n})=>{let r=n.find(e=>e.volume)?.volume;if(!r)return!1;let i=I(r[t.cutAxis].values),[a,o]=[i[0],i[i.length-1]];return e.set({at:t.cut,text:`${r[t.cutAxis].label} = ${z(a+t.cut*(o-a))}`}),!0}}}switch(e,t,n=!1){let r=Ve(t,t=>this.set({[e]:t}));return{element:r.element,sync:t=>(r.set(t.state.settings[e]),n?t.solid&&t.documents.some(e=>e.field):vt(t.documents))}}tracks(){let e=ze(`Tracks`,_t(`true At their loss`,`dropped Dropped`,`off Off`),e=>this.set({tracks:e}));return{element:e.element,sync:({state:t,documents:n})=>(e.set(t.settings.tracks),yt(n))}}time(){let e=He(`Time along the tracks`,e=>this.store.slideSettings({time:e}));return{element:e.element,sync:({state:{settings:t},documents:n})=>(e.set({at:t.time,text:Ct(n,t.time)}),yt(n)&&t.tracks!==`off`)}}cameras(){return{element:p(`div`,{class:`button-grid`},...mt.map(({name:e,camera:t},n)=>{let r=p(`button`,{type:`button`,class:`button`,text:e,title:`${e} (${n})`});return r.addEventListener(`click`,()=>this.host.onCamera(t)),r})),sync:({solid:e})=>e}}linked(){let e=Ve(`Link cameras, axes and scales`,e=>this.store.step({linked:e}));return{element:e.element,sync:({state:t,tiles:n})=>(e.set(t.linked),n>1)}}mode(){let e=ze(`Drawing`,_t(`auto 3-D`,`flat Flat`),e=>this.set({mode:e}));return{element:e.element,sync:({state:t,documents:n,flatOnly:r})=>(e.set(t.settings.mode),vt(n)&&!r)}}quality(){let e=ze(`Quality`,_t(`auto Auto`,`low Low`,`high High`),e=>this.set({quality:e}));return{element:e.element,sync:({state:t,solid:n})=>(e.set(t.settings.quality),n)}}theme(){let e=ze(`Theme`,_t(`auto Auto`,`light Light`,`dark Dark`),e=>this.set({theme:e}));return{element:e.element,sync:({state:t})=>(e.set(t.settings.theme),!0)}}};function _t(...e){return e.map(e=>({value:e.slice(0,e.indexOf(` `)),text:e.slice(e.indexOf(` `)+1)}))}function vt(e){return e.some(e=>e.field||e.volume)}function yt(e){return e.some(e=>e.field?.tracks.length)}function bt(e){return[...new Set(e.flatMap(e=>(e.field??e.volume)?.sheets.map(({name:e})=>e)??[]))]}function xt(e,t){let n=e.flatMap(e=>Qe(e,t.sheet)?.quantities??[]);return[...new Map(n.map(({name:e,label:t})=>[e,t])).entries()].map(([e,t])=>({value:e,text:t}))}function St(e,t,n){return it(e.map(e=>$e(e,t)).filter(e=>e!==null).map(e=>rt(e,n)))}function Ct(e,t){let n=e.flatMap(e=>e.field?.tracks??[]).find(({steps:e})=>e),r=`${Math.round(100*t)} %`;if(!n?.steps)return r;let i=I(n.steps),{count:a}=Te({x:i,y:i,steps:i},t),o=De({off:n.off&&I(n.off),atLeast:n.at_least},a-1);return`step ${z(Ee(i,t),6)} of ${z(i[i.length-1],6)}${o?`, ${o} off the plane`:``}`}function wt(e,t){e.dataset.map!==t&&(e.dataset.map=t,e.style.backgroundImage=`linear-gradient(to right, ${Array.from({length:17},(e,n)=>Me(V(t,n/16))).join(`, `)})`)}var Tt={document:null,error:null,loading:!1},Et=8,Dt=class{source;onSlot;slots=new Map;again=new Map;wanted=new Set;constructor(e,t){this.source=e,this.onSlot=t}slot(e){return this.slots.get(e)??Tt}want(e){this.wanted=new Set(e);for(let e of this.wanted){let t=this.slot(e);!t.document&&!t.loading&&!t.error?this.fetch(e):t.document&&this.slots.set(e,this.take(e))}let t=[...this.slots.keys()].filter(e=>!this.wanted.has(e));for(let e of t.slice(0,Math.max(0,t.length-Et)))this.slots.delete(e)}changed(e){let t=this.slots.get(e.id);t&&(t.document?.entry.revision!==e.revision||t.error||t.loading)&&(t.loading?this.again.set(e.id,e.revision):this.wanted.has(e.id)?this.fetch(e.id):this.slots.delete(e.id))}retry(e){this.slot(e).loading||this.fetch(e)}gone(e){let t=this.slots.get(e);t&&this.put(e,{...t,error:`this result is no longer in the store`,loading:!1})}take(e){let t=this.slot(e);return this.slots.delete(e),t}put(e,t){this.slots.set(e,t),this.onSlot(e)}async fetch(e){this.put(e,{...this.slot(e),loading:!0});do{this.again.delete(e);try{let t=await this.source.document(e);this.again.get(e)===t.entry.revision&&this.again.delete(e),this.put(e,{document:t,error:null,loading:this.again.has(e)})}catch(t){this.put(e,{...this.slot(e),error:t instanceof Error?t.message:String(t),loading:this.again.has(e)})}}while(this.again.has(e)&&this.wanted.has(e));this.again.delete(e)&&this.slots.delete(e)}},Ot=e((e=>{var t=Object.defineProperty;(e=>t(e,`__esModule`,{value:!0}))(e),((e,n)=>{for(var r in n)t(e,r,{get:n[r],enumerable:!0})})(e,{GIFEncoder:()=>A,applyPalette:()=>S,default:()=>ie,nearestColor:()=>k,nearestColorIndex:()=>D,nearestColorIndexWithDistance:()=>O,prequantize:()=>x,quantize:()=>_,snapColorsToPalette:()=>T});var n={signature:`GIF`,version:`89a`,trailer:59,extensionIntroducer:33,applicationExtensionLabel:255,graphicControlExtensionLabel:249,imageSeparator:44,signatureSize:3,versionSize:3,globalColorTableFlagMask:128,colorResolutionMask:112,sortFlagMask:8,globalColorTableSizeMask:7,applicationIdentifierSize:8,applicationAuthCodeSize:3,disposalMethodMask:28,userInputFlagMask:2,transparentColorFlagMask:1,localColorTableFlagMask:128,interlaceFlagMask:64,idSortFlagMask:32,localColorTableSizeMask:7};function r(e=256){let t=0,n=new Uint8Array(e);return{get buffer(){return n.buffer},reset(){t=0},bytesView(){return n.subarray(0,t)},bytes(){return n.slice(0,t)},writeByte(e){r(t+1),n[t]=e,t++},writeBytes(e,i=0,a=e.length){r(t+a);for(let r=0;r<a;r++)n[t++]=e[r+i]},writeBytesView(e,i=0,a=e.byteLength){r(t+a),n.set(e.subarray(i,i+a),t),t+=a}};function r(e){var r=n.length;if(r>=e)return;e=Math.max(e,r*(r<1048576?2:1.125)>>>0),r!=0&&(e=Math.max(e,256));let i=n;n=new Uint8Array(e),t>0&&n.set(i.subarray(0,t),0)}}var i=12,a=5003,o=[0,1,3,7,15,31,63,127,255,511,1023,2047,4095,8191,16383,32767,65535];function s(e,t,n,s,c=r(512),l=new Uint8Array(256),u=new Int32Array(a),d=new Int32Array(a)){let f=u.length,p=Math.max(2,s);l.fill(0),d.fill(0),u.fill(-1);let m=0,h=0,g=p+1,_=g,v=!1,y=_,b=(1<<y)-1,x=1<<g-1,S=x+1,C=x+2,w=0,T=n[0],E=0;for(let e=f;e<65536;e*=2)++E;E=8-E,c.writeByte(p),O(x);let D=n.length;for(let e=1;e<D;e++)next_block:{let t=n[e],r=(t<<i)+T,a=t<<E^T;if(u[a]===r){T=d[a];break next_block}let o=a===0?1:f-a;for(;u[a]>=0;)if(a-=o,a<0&&(a+=f),u[a]===r){T=d[a];break next_block}O(T),T=t,C<1<<i?(d[a]=C++,u[a]=r):(u.fill(-1),C=x+2,v=!0,O(x))}return O(T),O(S),c.writeByte(0),c.bytesView();function O(e){for(m&=o[h],h>0?m|=e<<h:m=e,h+=y;h>=8;)l[w++]=m&255,w>=254&&(c.writeByte(w),c.writeBytesView(l,0,w),w=0),m>>=8,h-=8;if((C>b||v)&&(v?(y=_,b=(1<<y)-1,v=!1):(++y,b=y===i?1<<y:(1<<y)-1)),e==S){for(;h>0;)l[w++]=m&255,w>=254&&(c.writeByte(w),c.writeBytesView(l,0,w),w=0),m>>=8,h-=8;w>0&&(c.writeByte(w),c.writeBytesView(l,0,w),w=0)}}}var c=s;function l(e,t,n){return e<<8&63488|t<<2&992|n>>3}function u(e,t,n,r){return e>>4|t&240|(n&240)<<4|(r&240)<<8}function d(e,t,n){return e>>4<<8|t&240|n>>4}function f(e,t,n){return e<t?t:e>n?n:e}function p(e){return e*e}function m(e,t,n){var r=0,i=1e100;let a=e[t],o=a.cnt,s=a.ac,c=a.rc,l=a.gc,u=a.bc;for(var d=a.fw;d!=0;d=e[d].fw){let t=e[d],a=t.cnt,m=o*a/(o+a);if(!(m>=i)){var f=0;n&&(f+=m*p(t.ac-s),f>=i)||(f+=m*p(t.rc-c),f>=i||(f+=m*p(t.gc-l),f>=i||(f+=m*p(t.bc-u),f>=i||(i=f,r=d))))}}a.err=i,a.nn=r}function h(){return{ac:0,rc:0,gc:0,bc:0,cnt:0,nn:0,fw:0,bk:0,tm:0,mtm:0,err:0}}function g(e,t){let n=Array(t===`rgb444`?4096:65536),r=e.length;if(t===`rgba4444`)for(let t=0;t<r;++t){let r=e[t],i=r>>24&255,a=r>>16&255,o=r>>8&255,s=r&255,c=u(s,o,a,i),l=c in n?n[c]:n[c]=h();l.rc+=s,l.gc+=o,l.bc+=a,l.ac+=i,l.cnt++}else if(t===`rgb444`)for(let t=0;t<r;++t){let r=e[t],i=r>>16&255,a=r>>8&255,o=r&255,s=d(o,a,i),c=s in n?n[s]:n[s]=h();c.rc+=o,c.gc+=a,c.bc+=i,c.cnt++}else for(let t=0;t<r;++t){let r=e[t],i=r>>16&255,a=r>>8&255,o=r&255,s=l(o,a,i),c=s in n?n[s]:n[s]=h();c.rc+=o,c.gc+=a,c.bc+=i,c.cnt++}return n}function _(e,t,n={}){let{format:r=`rgb565`,clearAlpha:i=!0,clearAlphaColor:a=0,clearAlphaThreshold:o=0,oneBitAlpha:s=!1}=n;if(!e||!e.buffer||!(e instanceof Uint8Array)&&!(e instanceof Uint8ClampedArray))throw Error(`quantize() expected RGBA Uint8Array data`);let c=new Uint32Array(e.buffer),l=n.useSqrt!==!1,u=r===`rgba4444`,d=g(c,r),h=d.length,_=h-1,y=new Uint32Array(h+1);for(var b=0,x=0;x<h;++x){let e=d[x];if(e!=null){var S=1/e.cnt;u&&(e.ac*=S),e.rc*=S,e.gc*=S,e.bc*=S,d[b++]=e}}p(t)/b<.022&&(l=!1);for(var x=0;x<b-1;++x)d[x].fw=x+1,d[x+1].bk=x,l&&(d[x].cnt=Math.sqrt(d[x].cnt));l&&(d[x].cnt=Math.sqrt(d[x].cnt));var C,w,T;for(x=0;x<b;++x){m(d,x,!1);var E=d[x].err;for(w=++y[0];w>1&&(T=w>>1,!(d[C=y[T]].err<=E));w=T)y[w]=C;y[w]=x}var D=b-t;for(x=0;x<D;){for(var O;;){var k=y[1];if(O=d[k],O.tm>=O.mtm&&d[O.nn].mtm<=O.tm)break;O.mtm==_?k=y[1]=y[y[0]--]:(m(d,k,!1),O.tm=x);var E=d[k].err;for(w=1;(T=w+w)<=y[0]&&(T<y[0]&&d[y[T]].err>d[y[T+1]].err&&T++,!(E<=d[C=y[T]].err));w=T)y[w]=C;y[w]=k}var A=d[O.nn],j=O.cnt,M=A.cnt,S=1/(j+M);u&&(O.ac=S*(j*O.ac+M*A.ac)),O.rc=S*(j*O.rc+M*A.rc),O.gc=S*(j*O.gc+M*A.gc),O.bc=S*(j*O.bc+M*A.bc),O.cnt+=A.cnt,O.mtm=++x,d[A.bk].fw=A.fw,d[A.fw].bk=A.bk,A.mtm=_}let N=[];var ee=0;for(x=0;;++ee){let e=f(Math.round(d[x].rc),0,255),t=f(Math.round(d[x].gc),0,255),n=f(Math.round(d[x].bc),0,255),r=255;u&&(r=f(Math.round(d[x].ac),0,255),s&&(r=r<=(typeof s==`number`?s:127)?0:255),i&&r<=o&&(e=t=n=a,r=0));let c=u?[e,t,n,r]:[e,t,n];if(v(N,c)||N.push(c),(x=d[x].fw)==0)break}return N}function v(e,t){for(let n=0;n<e.length;n++){let r=e[n],i=r[0]===t[0]&&r[1]===t[1]&&r[2]===t[2],a=r.length>=4&&t.length>=4?r[3]===t[3]:!0;if(i&&a)return!0}return!1}function y(e,t){for(var n=0,r=0;r<e.length;r++){let i=e[r]-t[r];n+=i*i}return n}function b(e,t){return t>1?Math.round(e/t)*t:e}function x(e,{roundRGB:t=5,roundAlpha:n=10,oneBitAlpha:r=null}={}){let i=new Uint32Array(e.buffer);for(let e=0;e<i.length;e++){let a=i[e],o=a>>24&255,s=a>>16&255,c=a>>8&255,l=a&255;o=b(o,n),r&&(o=o<=(typeof r==`number`?r:127)?0:255),l=b(l,t),c=b(c,t),s=b(s,t),i[e]=o<<24|s<<16|c<<8|l}}function S(e,t,n=`rgb565`){if(!e||!e.buffer||!(e instanceof Uint8Array)&&!(e instanceof Uint8ClampedArray))throw Error(`quantize() expected RGBA Uint8Array data`);if(t.length>256)throw Error(`applyPalette() only works with 256 colors or less`);let r=new Uint32Array(e.buffer),i=r.length,a=n===`rgb444`?4096:65536,o=new Uint8Array(i),s=Array(a);if(n===`rgba4444`)for(let e=0;e<i;e++){let n=r[e],i=n>>24&255,a=n>>16&255,c=n>>8&255,l=n&255,d=u(l,c,a,i),f=d in s?s[d]:s[d]=C(l,c,a,i,t);o[e]=f}else{let e=n===`rgb444`?d:l;for(let n=0;n<i;n++){let i=r[n],a=i>>16&255,c=i>>8&255,l=i&255,u=e(l,c,a),d=u in s?s[u]:s[u]=w(l,c,a,t);o[n]=d}}return o}function C(e,t,n,r,i){let a=0,o=1e100;for(let s=0;s<i.length;s++){let c=i[s],l=c[3],u=E(l-r);if(u>o)continue;let d=c[0];if(u+=E(d-e),u>o)continue;let f=c[1];if(u+=E(f-t),u>o)continue;let p=c[2];u+=E(p-n),u>o||(o=u,a=s)}return a}function w(e,t,n,r){let i=0,a=1e100;for(let o=0;o<r.length;o++){let s=r[o],c=s[0],l=E(c-e);if(l>a)continue;let u=s[1];if(l+=E(u-t),l>a)continue;let d=s[2];l+=E(d-n),l>a||(a=l,i=o)}return i}function T(e,t,n=5){if(!e.length||!t.length)return;let r=e.map(e=>e.slice(0,3)),i=n*n,a=e[0].length;for(let n=0;n<t.length;n++){let o=t[n];o=o.length<a?[o[0],o[1],o[2],255]:o.length>a?o.slice(0,3):o.slice();let s=O(r,o.slice(0,3),y),c=s[0],l=s[1];l>0&&l<=i&&(e[c]=o)}}function E(e){return e*e}function D(e,t,n=y){let r=1/0,i=-1;for(let a=0;a<e.length;a++){let o=e[a],s=n(t,o);s<r&&(r=s,i=a)}return i}function O(e,t,n=y){let r=1/0,i=-1;for(let a=0;a<e.length;a++){let o=e[a],s=n(t,o);s<r&&(r=s,i=a)}return[i,r]}function k(e,t,n=y){return e[D(e,t,n)]}function A(e={}){let{initialCapacity:t=4096,auto:i=!0}=e,a=r(t),o=5003,s=new Uint8Array(256),c=new Int32Array(o),l=new Int32Array(o),u=!1;return{reset(){a.reset(),u=!1},finish(){a.writeByte(n.trailer)},bytes(){return a.bytes()},bytesView(){return a.bytesView()},get buffer(){return a.buffer},get stream(){return a},writeHeader:d,writeFrame(e,t,n,r={}){let{transparent:o=!1,transparentIndex:f=0,delay:p=0,palette:m=null,repeat:h=0,colorDepth:g=8,dispose:_=-1}=r,v=!1;if(i?u||=(v=!0,d(),!0):v=!!r.first,t=Math.max(0,Math.floor(t)),n=Math.max(0,Math.floor(n)),v){if(!m)throw Error(`First frame must include a { palette } option`);M(a,t,n,m,g),ee(a,m),h>=0&&N(a,h)}let y=Math.round(p/10);j(a,_,y,o,f);let b=!!m&&!v;te(a,t,n,b?m:null),b&&ee(a,m),P(a,e,t,n,g,s,c,l)}};function d(){ne(a,`GIF89a`)}}function j(e,t,n,r,i){e.writeByte(33),e.writeByte(249),e.writeByte(4),i<0&&(i=0,r=!1);var a,o;r?(a=1,o=2):(a=0,o=0),t>=0&&(o=t&7),o<<=2,e.writeByte(o|0|a),F(e,n),e.writeByte(i||0),e.writeByte(0)}function M(e,t,n,r,i=8){let a=re(r.length)-1,o=i-1<<4|128|a;F(e,t),F(e,n),e.writeBytes([o,0,0])}function N(e,t){e.writeByte(33),e.writeByte(255),e.writeByte(11),ne(e,`NETSCAPE2.0`),e.writeByte(3),e.writeByte(1),F(e,t),e.writeByte(0)}function ee(e,t){let n=1<<re(t.length);for(let r=0;r<n;r++){let n=[0,0,0];r<t.length&&(n=t[r]),e.writeByte(n[0]),e.writeByte(n[1]),e.writeByte(n[2])}}function te(e,t,n,r){if(e.writeByte(44),F(e,0),F(e,0),F(e,t),F(e,n),r){let t=re(r.length)-1;e.writeByte(128|t)}else e.writeByte(0)}function P(e,t,n,r,i=8,a,o,s){c(n,r,t,i,e,a,o,s)}function F(e,t){e.writeByte(t&255),e.writeByte(t>>8&255)}function ne(e,t){for(var n=0;n<t.length;n++)e.writeByte(t.charCodeAt(n))}function re(e){return Math.max(Math.ceil(Math.log2(e)),1)}var ie=A}))(),kt=4;function At(e){return e.getContext(`2d`).getImageData(0,0,e.width,e.height).data}async function jt(e){let t=new Set(Array.from({length:kt},(t,n)=>Math.round(n*(e.count-1)/3))),n=[];for(let r of t)n.push(At(await e.at(r)));let r=new Uint8ClampedArray(n.reduce((e,{length:t})=>e+t,0)),i=0;for(let e of n)r.set(e,i),i+=e.length;return(0,Ot.quantize)(r,256)}async function Mt(e,t){let n=await jt(e),r=(0,Ot.GIFEncoder)();for(let i=0;i<e.count;i++){let a=await e.at(i);Nt(r,At(a),a.width,a.height,i===0?n:null,n,e.seconds),t.onProgress(i+1,e.count),await new Promise(e=>setTimeout(e))}return r.finish(),new Blob([r.bytes()],{type:`image/gif`})}function Nt(e,t,n,r,i,a,o){let s=Math.max(20,10*Math.round(100*o));e.writeFrame((0,Ot.applyPalette)(t,a),n,r,{palette:i??void 0,delay:s,repeat:0})}var Pt=[`video/mp4;codecs=avc1.640028`,`video/mp4;codecs=avc1.42E01F`,`video/mp4`,`video/webm;codecs=vp9`,`video/webm;codecs=vp8`,`video/webm`];function Ft(){if(typeof MediaRecorder>`u`||!(`captureStream`in HTMLCanvasElement.prototype))return null;let e=Pt.find(e=>MediaRecorder.isTypeSupported(e));return e?{mime:e,extension:e.startsWith(`video/mp4`)?`mp4`:`webm`}:null}function It(e,t){let n=e.captureStream(0),r=n.getVideoTracks()[0];return r.requestFrame?{stream:n,shoot:()=>r.requestFrame()}:n.requestFrame?{stream:n,shoot:()=>n.requestFrame()}:(r.stop(),{stream:e.captureStream(1/t),shoot:()=>{}})}async function Lt(e,t){let n=Ft();if(!n)throw Error(`this browser records no video; save a GIF instead`);let r=[];for(let n=0;n<e.count;n++)r.push(await Rt(await e.at(n))),t.onProgress(n+1,2*e.count);let i=document.createElement(`canvas`),a=await createImageBitmap(r[0]);[i.width,i.height]=[a.width,a.height];let o=i.getContext(`2d`);o.drawImage(a,0,0);let{stream:s,shoot:c}=It(i,e.seconds),l=new MediaRecorder(s,{mimeType:n.mime,videoBitsPerSecond:12e6}),u=[];l.ondataavailable=({data:e})=>u.push(e);let d=new Promise((e,t)=>{l.onstop=()=>e(),l.onerror=()=>t(Error(`the browser's recorder stopped; save a GIF instead`))});l.start();try{let n=performance.now();for(let i=0;i<=e.count;i++){let a=await createImageBitmap(r[Math.min(i,e.count-1)]);await new Promise(t=>setTimeout(t,n+1e3*i*e.seconds-performance.now())),o.drawImage(a,0,0),a.close(),c(),t.onProgress(e.count+Math.min(i+1,e.count),2*e.count)}l.stop(),await d}finally{for(let e of s.getTracks())e.stop()}return new Blob(u,{type:n.mime.split(`;`)[0]})}function Rt(e){return new Promise((t,n)=>{e.toBlob(e=>e?t(e):n(Error(`the picture is too large for this browser; save it smaller`)),`image/png`)})}function zt(e,t){let{positions:n,colors:r,indices:i}=e,a=[`# ${t.replace(/\s+/g,` `)}: by lossatlas`],o=e=>String(Number(e.toPrecision(7)));for(let e=0;e<n.length;e+=3){let t=[n[e],n[e+1],n[e+2]].map(o).join(` `);a.push(`v ${t} ${[r[e],r[e+1],r[e+2]].map(e=>e.toFixed(4)).join(` `)}`)}for(let e=0;e<i.length;e+=3)a.push(`f ${i[e]+1} ${i[e+1]+1} ${i[e+2]+1}`);return`${a.join(`
`)}\n`}var[Bt,Vt]=[5126,5125],[Ht,Ut]=[34962,34963];function Wt(e,t){let{positions:n,indices:r}=e,i=[n,qt(e),e.colors.map(Kt),r],a=i.map((e,t)=>({buffer:0,byteOffset:i.slice(0,t).reduce((e,{byteLength:t})=>e+t,0),byteLength:e.byteLength,target:t<3?Ht:Ut})),o={componentType:Bt,count:n.length/3,type:`VEC3`},s={asset:{version:`2.0`,generator:`lossatlas`},scene:0,scenes:[{nodes:[0]}],nodes:[{name:t,mesh:0,rotation:[-Math.SQRT1_2,0,0,Math.SQRT1_2]}],meshes:[{name:t,primitives:[{attributes:{POSITION:0,NORMAL:1,COLOR_0:2},indices:3,material:0}]}],materials:[{pbrMetallicRoughness:{metallicFactor:0,roughnessFactor:.85},doubleSided:!0}],accessors:[{...o,bufferView:0,...Gt(n)},{...o,bufferView:1},{...o,bufferView:2},{bufferView:3,componentType:Vt,count:r.length,type:`SCALAR`}],bufferViews:a,buffers:[{byteLength:a[3].byteOffset+a[3].byteLength}]};return Jt(JSON.stringify(s),i)}function Gt(e){let[t,n]=[[1/0,1/0,1/0],[-1/0,-1/0,-1/0]];return e.forEach((e,r)=>{t[r%3]=Math.min(t[r%3],e),n[r%3]=Math.max(n[r%3],e)}),{min:t,max:n}}function Kt(e){return e<=.04045?e/12.92:((e+.055)/1.055)**2.4}function qt({positions:e,indices:t}){let n=new Float32Array(e.length);for(let r=0;r<t.length;r+=3){let[i,a,o]=[3*t[r],3*t[r+1],3*t[r+2]],s=[0,1,2].map(t=>e[a+t]-e[i+t]),c=[0,1,2].map(t=>e[o+t]-e[i+t]),l=[s[1]*c[2]-s[2]*c[1],s[2]*c[0]-s[0]*c[2],s[0]*c[1]-s[1]*c[0]];for(let e of[i,a,o])for(let t=0;t<3;t++)n[e+t]+=l[t]}for(let e=0;e<n.length;e+=3){let t=Math.hypot(n[e],n[e+1],n[e+2]);if(t>0)for(let r=0;r<3;r++)n[e+r]/=t;else n[e+2]=1}return n}function Jt(e,t){let n=new TextEncoder().encode(e),r=4*Math.ceil(n.length/4),i=t.reduce((e,{byteLength:t})=>e+t,0),a=new Uint8Array(20+r+8+i),o=new DataView(a.buffer);[1179937895,2,a.length,r,1313821514].forEach((e,t)=>o.setUint32(4*t,e,!0)),a.fill(32,20,20+r),a.set(n,20),o.setUint32(20+r,i,!0),o.setUint32(24+r,5130562,!0);let s=28+r;for(let e of t)a.set(new Uint8Array(e.buffer,e.byteOffset,e.byteLength),s),s+=e.byteLength;return a}var Yt=`Inter, ui-sans-serif, system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif`,Xt=24,Zt=24,Qt=34,$t=16,en=3,tn=58,nn=380,rn=[1,1,2,3,2,3,3];function an(e,t){let{plates:n}=e,r=Math.min(rn[n.length]??3,n.length),i=Math.ceil(n.length/r),[a,o]=[Math.max(...n.map(({width:e})=>e)),Math.max(...n.map(({height:e})=>e))],s=n.map(({caption:n})=>e.captions?on(n,a,t,en):[]),c=n.some(({bar:e})=>e)?tn:0,l=c+$t*Math.max(...s.map(e=>e.length))+(e.captions?6:0),u=Qt+o+l,d=48+r*a+(r-1)*Zt,f={width:d,height:48+i*u+(i-1)*Zt+(e.bar?tn:0),pictures:[],texts:[],bars:[]};if(n.forEach((n,i)=>{let l=Xt+i%r*(a+Zt),d=Xt+Math.floor(i/r)*(u+Zt);f.texts.push({x:l,y:d+18,text:sn(n.title,a,e=>t(e)*1.5),size:17,weight:600,color:e.ink}),f.pictures.push({x:l,y:d+Qt,width:a,height:o});let p=Math.min(nn,a);n.bar&&f.bars.push({x:l+(a-p)/2,y:d+Qt+o+4,element:Pe(n.bar,p,e.ink)}),s[i].forEach((t,n)=>{f.texts.push({x:l,y:d+Qt+o+c+$t*(n+1),text:t,size:12,weight:400,color:e.muted})})}),e.bar){let t=Math.min(nn,d-48);f.bars.push({x:(d-t)/2,y:f.height-Xt-tn+10,element:Pe(e.bar,t,e.ink)})}return f}function on(e,t,n,r){let i=e.split(/\s+/).filter(Boolean),a=[];for(;i.length&&a.length<r;){let e=i.shift();for(;i.length&&n(`${e} ${i[0]}`)<=t;)e+=` ${i.shift()}`;i.length&&a.length===r-1&&(e=`${e} …`),a.push(sn(e,t,n))}return a}function sn(e,t,n){if(n(e)<=t)return e;let[r,i]=[0,e.length];for(;r<i;){let a=r+i+1>>1;n(`${e.slice(0,a)}…`)<=t?r=a:i=a-1}return`${e.slice(0,r).trimEnd()}…`}function cn(){let e=document.createElement(`canvas`).getContext(`2d`);return e.font=`12px ${Yt}`,t=>e.measureText(t).width}async function ln(e,t){let n=an(e,cn()),r=document.createElement(`canvas`);r.width=2*Math.round(n.width*t/2),r.height=2*Math.round(n.height*t/2);let i=r.getContext(`2d`,{willReadFrequently:!0});i.fillStyle=e.ground,i.fillRect(0,0,r.width,r.height),i.scale(t,t);for(let r=0;r<e.plates.length;r++){let a=await e.plates[r].view.canvas(t),{x:o,y:s,width:c,height:l}=n.pictures[r],u=Math.min(c/a.width,l/a.height),[d,f]=[a.width*u,a.height*u];i.drawImage(a,o+(c-d)/2,s+(l-f)/2,d,f)}for(let{x:e,y:t,text:r,size:a,weight:o,color:s}of n.texts)i.font=`${o} ${a}px ${Yt}`,i.fillStyle=s,i.fillText(r,e,t);for(let{x:e,y:t,element:r}of n.bars)i.save(),i.translate(e,t),un(i,r),i.restore();return r}function un(e,t){let n=(e,t)=>Number(e.getAttribute(t));for(let r of t.children){let i=r.getAttribute(`fill`)??``;r.tagName===`rect`?(e.fillStyle=i.startsWith(`url`)?dn(e,t,n(r,`x`),n(r,`width`)):i,e.fillRect(n(r,`x`),n(r,`y`),n(r,`width`),n(r,`height`))):r.tagName===`line`?(e.fillStyle=r.getAttribute(`stroke`),e.fillRect(n(r,`x1`)-.5,n(r,`y1`),1,n(r,`y2`)-n(r,`y1`))):r.tagName===`text`&&(e.font=r.classList.contains(`colorbar-title`)?`550 12px ${Yt}`:`11px ${Yt}`,e.textAlign=r.getAttribute(`text-anchor`)===`middle`?`center`:`start`,e.fillStyle=i,e.fillText(r.textContent??``,n(r,`x`),n(r,`y`)))}}function dn(e,t,n,r){let i=e.createLinearGradient(n,0,n+r,0);for(let e of t.querySelectorAll(`stop`))i.addColorStop(Number(e.getAttribute(`offset`)),e.getAttribute(`stop-color`));return i}function fn(e,t=cn()){let n=an(e,t),r={width:n.width,height:n.height},i=h(`svg`,{viewBox:`0 0 ${r.width} ${r.height}`,...r,"font-family":Yt});i.append(h(`rect`,{...r,fill:e.ground}));for(let t=0;t<e.plates.length;t++){let r=e.plates[t].view.svg?.();if(!r)return null;let a=new DOMParser().parseFromString(r,`image/svg+xml`).documentElement,{x:o,y:s,width:c,height:l}=n.pictures[t];a.getAttribute(`viewBox`)||a.setAttribute(`viewBox`,`0 0 ${parseFloat(a.getAttribute(`width`))} ${parseFloat(a.getAttribute(`height`))}`);for(let[e,t]of Object.entries({x:o,y:s,width:c,height:l}))a.setAttribute(e,String(t));pn(a,`p${t}-`),i.append(document.importNode(a,!0))}for(let{x:e,y:t,text:r,size:a,weight:o,color:s}of n.texts)i.append(h(`text`,{x:e,y:t,fill:s,"font-size":a,"font-weight":o,text:r}));for(let{x:e,y:t,element:r}of n.bars)r.setAttribute(`x`,String(e)),r.setAttribute(`y`,String(t)),r.setAttribute(`font-size`,`11`),r.querySelector(`.colorbar-title`)?.setAttribute(`font-size`,`12`),i.append(r);return new XMLSerializer().serializeToString(i)}function pn(e,t){let n=new Set([...e.querySelectorAll(`[id]`)].map(({id:e})=>e));if(n.size)for(let r of e.querySelectorAll(`*`))for(let{name:e,value:i}of[...r.attributes])e===`id`?r.setAttribute(e,t+i):/^(xlink:)?href$/.test(e)&&n.has(i.slice(1))?r.setAttribute(e,`#${t}${i.slice(1)}`):i.includes(`url(#`)&&r.setAttribute(e,i.replace(/url\(#([^)]+)\)/g,(e,r)=>n.has(r)?`url(#${t}${r})`:e))}var mn={paper:`#ffffff`,text:`#1d2630`,faint:`#56616d`,axis:`#3d434c`,grid:`#e6e8ec`,lines:A,star:A[1],halo:`#ffffff`,hole:{bad:[`#d1d1d1`,`#595959`],missing:[`#f3f4f6`,`#b4b9c2`],doubtful:[`rgba(255,255,255,0.35)`,`#000000`]},veil:`#e9ebee`},hn={paper:`#0f1318`,text:`#e8ecf0`,faint:`#a3aeb9`,axis:`#a3aeb9`,grid:`#232b33`,lines:[`#3b9fe3`,`#f07a26`,`#16c294`,`#e095c0`,`#9bd6f7`,`#f2b93b`,`#f2f3f5`],star:`#ff8a3d`,halo:`#0f1318`,hole:{bad:[`#3a3f47`,`#9aa3b0`],missing:[`#1d2127`,`#555d69`],doubtful:[`rgba(15,19,24,0.35)`,`#e8eaee`]},veil:`#23282f`},gn=`Inter, ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif`,H={tick:11,label:12.5,title:13,legend:11.5,word:11};function _n(e){return e===`dark`?hn:mn}function vn(e,t){return e.lines[(t%e.lines.length+e.lines.length)%e.lines.length]}function yn(e,t){let n=0;for(let t of e)n+=/[ijl.,:;|!'’()[\]]/.test(t)?.3:/[mwMW@%]/.test(t)?.87:/[A-ZΑ-Ω0-9+=−–<>·]/.test(t)?.63:/[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]/.test(t)?.42:t===` `?.3:.56;return n*t}function bn(e,t,n){let r=(e,t)=>parseInt(e.slice(1+2*t,3+2*t),16);return`#${[0,1,2].map(i=>Math.round(r(e,i)+n*(r(t,i)-r(e,i))).toString(16).padStart(2,`0`)).join(``)}`}function U(e){return Float64Array.from(e,e=>typeof e==`number`?e:e===`NaN`?NaN:e===`Infinity`?1/0:-1/0)}function xn(e,t,n){let r=new Float64Array(20);for(let i=0;i<10;i++){let a=i%2?.45*n:n;r[2*i]=e+a*Math.sin(i*Math.PI/5),r[2*i+1]=t-a*Math.cos(i*Math.PI/5)}return r}var Sn=class{context;constructor(e){this.context=e}line(e,t,n=!1){e.length<4||(this.path(e,n),this.stroke(t))}area(e,t,n){this.path(e,!0),this.context.fillStyle=t,this.context.fill(),n&&this.stroke(n)}rect(e,t,n,r,i,a){this.context.beginPath(),this.context.rect(e,t,n,r),this.finish(i,a)}circle(e,t,n,r,i){this.context.beginPath(),this.context.arc(e,t,n,0,2*Math.PI),this.finish(r,i)}text(e,t,n,r){let{context:i}=this;i.save(),i.translate(e,t),r.angle&&i.rotate(r.angle),i.font=`${r.bold?`600 `:``}${r.size}px ${gn}`,i.textAlign=r.align===`middle`?`center`:r.align??`start`,i.textBaseline=`alphabetic`;let a=Cn(r);r.halo&&(i.lineJoin=`round`,i.lineWidth=3,i.strokeStyle=r.halo,i.strokeText(n,0,a)),i.fillStyle=r.color,i.fillText(n,0,a),i.restore()}image(e,t,n,r,i){this.context.imageSmoothingEnabled=!1,this.context.drawImage(wn(e),t,n,r,i)}clipped(e,t,n,r,i){this.context.save(),this.context.beginPath(),this.context.rect(e,t,n,r),this.context.clip(),i(),this.context.restore()}path(e,t){this.context.beginPath();let n=!1;for(let t=0;t+1<e.length;t+=2){let r=Number.isFinite(e[t])&&Number.isFinite(e[t+1]);r&&this.context[n?`lineTo`:`moveTo`](e[t],e[t+1]),n=r}t&&this.context.closePath()}finish(e,t){e&&(this.context.fillStyle=e,this.context.fill()),t&&this.stroke(t)}stroke(e){let{context:t}=this;t.lineJoin=`round`,t.strokeStyle=e.color,t.lineWidth=e.width,t.globalAlpha=e.opacity??1,t.setLineDash([...e.dash??[]]),t.stroke(),t.setLineDash([]),t.globalAlpha=1}};function Cn(e){return e.baseline?{top:.76,middle:.35,bottom:-.24}[e.baseline]*e.size:0}function wn(e){let t=document.createElement(`canvas`);t.width=e.width,t.height=e.height;let n=t.getContext(`2d`);if(!n)throw Error(`this browser gives no 2-D canvas`);return n.putImageData(new ImageData(e.pixels,e.width,e.height),0,0),t}function Tn(e){return wn(e).toDataURL(`image/png`)}var En=`http://www.w3.org/2000/svg`;function Dn(e,t={},...n){let r=document.createElementNS(En,e);for(let[e,n]of Object.entries(t))n!==void 0&&r.setAttribute(e,typeof n==`number`?On(n):n);return r.append(...n),r}function On(e){return String(Math.round(e*100)/100)}var kn=class{prefix;encode;root;into;clips=0;constructor(e,t,n=``,r=Tn){this.prefix=n,this.encode=r,this.root=Dn(`svg`,{width:e,height:t,viewBox:`0 0 ${On(e)} ${On(t)}`,"font-family":gn}),this.into=this.root}toString(){return new XMLSerializer().serializeToString(this.root)}line(e,t,n=!1){let r=An(e,n);r&&this.into.append(Dn(`path`,{d:r,fill:`none`,...jn(t)}))}area(e,t,n){this.into.append(Dn(`path`,{d:An(e,!0),fill:t,...n?jn(n):{}}))}rect(e,t,n,r,i,a){this.into.append(Dn(`rect`,{x:e,y:t,width:n,height:r,fill:i??`none`,...a?jn(a):{}}))}circle(e,t,n,r,i){this.into.append(Dn(`circle`,{cx:e,cy:t,r:n,fill:r??`none`,...i?jn(i):{}}))}text(e,t,n,r){let i=r.angle?`translate(${On(e)} ${On(t)}) rotate(${On(r.angle*180/Math.PI)})`:void 0,a=r.halo?{stroke:r.halo,"stroke-width":3,"stroke-linejoin":`round`,"paint-order":`stroke`}:{};this.into.append(Dn(`text`,{x:i?0:e,y:(i?0:t)+Cn(r),transform:i,"font-size":r.size,fill:r.color,"text-anchor":r.align===`start`?void 0:r.align,"font-weight":r.bold?600:void 0,...a},n))}image(e,t,n,r,i){let a=this.encode(e);this.into.append(Dn(`image`,{x:t,y:n,width:r,height:i,href:a,preserveAspectRatio:`none`,"image-rendering":`pixelated`}))}group(e,t){let n=this.into,r=this.into=Dn(`g`,e);return n.append(r),t(),this.into=n,r}clipped(e,t,n,r,i){let a=`${this.prefix}clip${++this.clips}`,o=this.into;this.into=Dn(`g`,{"clip-path":`url(#${a})`}),o.append(Dn(`clipPath`,{id:a},Dn(`rect`,{x:e,y:t,width:n,height:r})),this.into),i(),this.into=o}};function An(e,t=!1){let n=[],r=!1;for(let t=0;t+1<e.length;t+=2){let i=Number.isFinite(e[t])&&Number.isFinite(e[t+1]);i&&n.push(`${r?`L`:`M`}${On(e[t])} ${On(e[t+1])}`),r=i}return n.join(``)+(t&&n.length?`Z`:``)}function jn(e){return{stroke:e.color,"stroke-width":e.width,"stroke-dasharray":e.dash?.join(` `),"stroke-opacity":e.opacity,"stroke-linejoin":`round`}}function Mn(e,t){return e.places.filter(({panel:e,frame:n})=>e.marks.length>0&&n.top+n.height/2>t)}function Nn(e){let t=document.createElement(`button`);t.type=`button`,t.className=`chart-below`;let n=document.createElement(`div`);n.className=`chart-foot`,n.append(t);let r=[];t.addEventListener(`click`,()=>{r.length&&e.scrollTo({top:r[0].titleAt-20})});for(let e of[`pointerdown`,`dblclick`])t.addEventListener(e,e=>e.stopPropagation());return{element:n,show:i=>{r=Mn(i,e.scrollTop+e.clientHeight),n.hidden=r.length===0;let a=`↓ ${r.length} more ${r.length===1?`panel`:`panels`}`;t.textContent!==a&&(t.textContent=a)}}}function Pn(e,t,n){let[r,i]=n??t,a=Fn(e),o=In(e),[s,c]=[a(r),a(i)];return{axis:e,low:r,high:i,whole:n===null,at:e=>(a(e)-s)/(c-s),value:e=>o(s+e*(c-s))}}function Fn(e){if(e.scale===`log`)return e=>e>0?Math.log(e):NaN;let t=e.threshold;return e.scale!==`symlog`||t===null?e=>e:e=>Math.abs(e)<=t?e/t:Math.sign(e)*(1+Math.log(Math.abs(e)/t))}function In(e){if(e.scale===`log`)return Math.exp;let t=e.threshold;return e.scale!==`symlog`||t===null?e=>e:e=>Math.abs(e)<=1?e*t:Math.sign(e)*t*Math.exp(Math.abs(e)-1)}function Ln(e,t){let n=e[t];if(n.limits)return n.limits[0]===n.limits[1]?Rn(n.limits[0],n.scale):[n.limits[0],n.limits[1]];let[r,i]=[1/0,-1/0];for(let a of e.marks.flatMap(e=>zn(e,t)))for(let e of a)!Number.isFinite(e)||n.scale===`log`&&e<=0||(r=Math.min(r,e),i=Math.max(i,e));return r<=i?r===i?Rn(r,n.scale):n.scale===`log`?[r/(i/r)**.04,i*(i/r)**.04]:[r-.04*(i-r),i+.04*(i-r)]:n.scale===`log`?[1,10]:[0,1]}function Rn(e,t){return t===`log`?[e/2,e*2]:[e-.5,e+.5]}function zn(e,t){if(e.mark===`Rule`)return e.across===t?[Float64Array.of(e.at)]:[];if(e.mark===`Band`)return(t===`x`?[e.x]:[e.low,e.high]).map(U);if(e.mark===`Ticks`)return t===`x`?[U(e.x)]:[U(e.y),Float64Array.of(e.base)];if(e.mark===`Bars`)return t===`x`?[U(e.x),Float64Array.of(0)]:[U(e.y)];let n=e[t];return n?[U(n)]:[]}function Bn(e,t){let{axis:n}=e,[r,i]=[Math.min(e.low,e.high),Math.max(e.low,e.high)],a=n.ticks.map((e,t)=>({value:e,label:n.tick_labels[t]??z(e)})).filter(({value:t})=>e.at(t)>=-1e-9&&e.at(t)<=1+1e-9),o=n.ticks.length>0&&!n.tick_labels.some(Boolean);if(a.length>(e.whole||Vn(n)?0:2))return o?[]:a;if(Vn(n))return[];if(n.scale===`symlog`&&n.threshold!==null&&r<n.threshold&&i>n.threshold)return[{value:0,label:`0`},...Se(ye(`log`,n.threshold,i),t)].filter(({value:e})=>e>=r&&e<=i);let s=Se(ye(n.scale===`linear`||r<=0?`linear`:`log`,r,i),t);return new Set(s.map(e=>e.label)).size===s.length?s:s.map(({value:e})=>({value:e,label:z(e,7)}))}function Vn(e){return e.tick_labels.some(e=>e!==``&&!/^[\d.·⁰¹²³⁴⁵⁶⁷⁸⁹⁻−+%e-]+$/.test(e))}function Hn(e,t){return JSON.stringify([t,e.label,e.scale,e.limits,e.tick_labels])}function Un(e){let t=new Set;return e.marks.flatMap((e,n)=>{let r=Wn(e);if(!r||e.mark===`Rule`)return[];let i=`${r}\n${Gn(e)}`;return t.has(i)?[]:(t.add(i),[{label:r,mark:n}])})}function Wn(e){return`label`in e?e.label:``}function Gn(e){return e.mark===`Line`?`Line ${e.color} ${e.dash}`:e.mark===`Holes`?`Holes ${e.why}`:e.mark===`Points`?`Points ${e.marker} ${e.color}`:e.mark===`Ticks`||e.mark===`Bars`?`${e.mark} ${e.color} ${e.filled}`:`color`in e?`${e.mark} ${e.color}`:e.mark}function Kn(e){return`${Gn(e)}\n${Wn(e)}`}function qn(e,t,n){if(!t.size)return!1;if(t.has(Kn(e)))return!0;let r=[...t].map(e=>e.split(`
`)[0]);if(!Wn(e)&&r.includes(Gn(e)))return!0;if(e.mark!==`Band`)return!1;let i=n.panels.flatMap(e=>e.marks).filter(t=>t.mark===`Line`&&t.color===e.color&&Wn(t));return i.length>0&&i.every(e=>t.has(Kn(e)))}var Jn=240,Yn=160,Xn=480,Zn=100,Qn=18,$n=10,er=13,tr=6;function nr(e,t,n,r){let i=Math.max(1,Math.min(e.columns,e.panels.length)),a=Math.max(1,Math.min(i,Math.floor(t/(i>3?Jn*.75:Jn)))),o=rr(a,i,e,t,n,r);if(a===i||o.height<=n||t<Math.max(Xn,i*Yn))return o;let s=rr(i,i,e,t,n,r);return s.height<=n?s:o}function rr(e,t,n,r,i,a){let o=ir(n,e,t),s=ar(o,e,r),c=Array.from({length:e},(e,t)=>Math.max(14,...o.map(e=>cr(e,t)))),l=wr(s)+wr(c),u=Math.max((r-l)/e,60),d=Array.from({length:e},(e,t)=>wr(s.slice(0,t+1))+wr(c.slice(0,t))+t*u),f=a?28:8,p=o.map((e,t)=>fr(e,o[t+1],u)),m=xr(o,o.map(e=>Math.max(0,...e.map(e=>_r(e.panel,u)))),i-(f+wr(p.map(({above:e,below:t})=>e+t)))-tr),h=f,g=[];o.forEach((e,t)=>{let n=0;for(let r of e){let i=u*r.span+(r.span>1?d[n+r.span-1]-d[n]-u*(r.span-1):0);g.push(Sr(r,{left:d[n],top:h+p[t].above,width:i,height:m[t]},e,o[t+1],n)),n+=r.span}h+=p[t].above+m[t]+p[t].below});for(let e of g)e.titleRoom=Cr(e,g,r);return{width:r,height:Math.max(h+tr,1),title:a?{text:a,y:14}:null,places:g}}function ir(e,t,n){let r=[[]],i=0;for(let a=0;a<e.panels.length;a++){let o=e.panels[a];if(t<n&&!o.marks.length)continue;let s=Math.min(o.span,t);i+s>t&&(r.push([]),i=0),r[r.length-1].push({panel:o,index:a,span:s}),i+=s,a+=t===n?s-1:0}return r.filter(e=>e.length)}function ar(e,t,n){let r=Array(t).fill($n);for(let i of e){let e=0;i.forEach((a,o)=>{a.panel.marks.length&&or(i,o)&&(r[e]=Math.max(r[e],sr(a.panel,n/t))),e+=a.span})}return r}function or(e,t){return t===0||!e[t-1].panel.marks.length||JSON.stringify(e[t].panel.y)!==JSON.stringify(e[t-1].panel.y)}function sr(e,t){let n=Bn(Pn(e.y,Ln(e,`y`),null),5).map(e=>yn(e.label,H.tick));return Math.min(Math.max(...n,8),.4*t)+12+(e.y.label?yn(e.y.label,H.label)>Zn?35:20:0)}function cr(e,t){let n=0;for(let r=0;r<e.length;r++)if(n+=e[r].span,n-1===t&&lr(e,r))return ur(e[r].panel.z);return 0}function lr(e,t){let{panel:n}=e[t];if(!n.z||!n.marks.length)return!1;let r=e.slice(t+1).find(e=>e.panel.marks.length);return!r||JSON.stringify(r.panel.z)!==JSON.stringify(n.z)}function ur(e){let t=Bn(Pn(e,e.limits??[0,1],null),5).map(e=>yn(e.label,H.tick));return 30+Math.max(...t,10)+30}function dr(e,t){let[n,r]=[0,0];return Un(e).map(({label:e,mark:i})=>{let a=26+yn(e,H.legend)+14;n>0&&n+a>t+12&&([n,r]=[0,r+1]);let o={label:e,mark:i,x:n,row:r};return n+=a,o})}function fr(e,t,n){let r=e.map(e=>dr(e.panel,n*e.span).reduce((e,t)=>Math.max(e,t.row+1),0)),i=e.some((e,n)=>hr(e.panel,t?.[n]?.panel)),a=Math.max(0,...e.map(e=>Vn(e.panel.x)?pr(e.panel,n):0));return{above:e.some(e=>e.panel.title)?24:8,below:(i?44+a:8)+Qn*Math.max(0,...r)}}function pr(e,t){let n=e.x.tick_labels.map(e=>yn(e,H.tick)),r=Math.max(...n,0);return mr(e,t)?Math.min(r,120)*.72:0}function mr(e,t){let n=Math.max(...e.x.tick_labels.map(e=>yn(e,H.tick)),0);return Vn(e.x)&&n+6>t/Math.max(e.x.tick_labels.length,1)}function hr(e,t){return!(t&&t.marks.length&&e.z===null&&t.z===null&&JSON.stringify(e.x)===JSON.stringify(t.x))}function gr(e){return e.z!==null||e.equal}function _r(e,t){return e.marks.length?e.marks.some(e=>e.mark===`Bars`)?Math.max(17*(e.y.ticks.length+.6),60):gr(e)?t*(e.equal?vr(e):e.marks.some(e=>e.mark===`Heatmap`)&&Vn(e.x)?.9:.75):190:0}function vr(e){let[t,n]=Ln(e,`x`),[r,i]=Ln(e,`y`);return Math.abs((i-r)/(n-t))}var yr=104,br=170;function xr(e,t,n){let r=e.map(e=>e.every(e=>!gr(e.panel)&&!e.panel.marks.some(e=>e.mark===`Bars`))),i=e.map(e=>e.some(e=>gr(e.panel))),a=e.map((e,n)=>r[n]?yr:i[n]?Math.min(t[n],br):t[n]),o=n-wr(t);if(o>=0){let e=r.filter(Boolean).length;return t.map((t,n)=>r[n]?t+o/e:t)}let s=wr(t.map((e,t)=>Math.max(e-a[t],0))),c=s>0?Math.min(1,-o/s):0;return t.map((e,t)=>e-c*Math.max(e-a[t],0))}function Sr(e,t,n,r,i){let{panel:a,index:o}=e,s=n.indexOf(e),c=t;if(a.equal&&a.marks.length){let e=vr(a),n=Math.min(t.width,t.height/e);c={left:t.left+(t.width-n)/2,top:t.top,width:n,height:n*e}}else if(a.z&&Vn(a.x)&&Vn(a.y)){let e=Math.min(t.width,t.height*1.15);c={left:t.left+(t.width-e)/2,top:t.top,width:e,height:t.height}}let l=hr(a,r?.find((e,t)=>t===s||i===r.indexOf(e))?.panel),u=c.top+c.height+(l?44+(Vn(a.x)?pr(a,c.width):0):8),d=dr(a,t.width).map(e=>({label:e.label,mark:e.mark,x:t.left+e.x,y:u+Qn*(e.row+.5)})),f=lr(n,s)?{left:c.left+c.width+10,top:c.top,width:er,height:c.height}:null;return{panel:a,index:o,frame:c,xShown:l,yShown:or(n,s),bar:f,titleAt:c.top-8,titleRoom:0,legend:d}}function Cr({frame:e,titleAt:t},n,r){let i=e.left+e.width/2,a=n.filter(e=>e.titleAt===t).map(e=>e.frame),o=(e,t)=>(e.left+e.width+t.left)/2,s=Math.max(0,...a.filter(({left:t})=>t<e.left).map(t=>o(t,e))),c=Math.min(r,...a.filter(({left:t})=>t>e.left).map(t=>o(e,t)));return 2*Math.min(i-s,c-i)-8}function wr(e){return e.reduce((e,t)=>e+t,0)}var Tr=[[],[0,3],[1,0],[1,3],[2,1],[0,3,2,1],[2,0],[2,3],[3,2],[0,2],[1,0,3,2],[1,2],[3,1],[0,1],[3,0],[]],Er={5:[0,1,2,3],10:[3,0,1,2]};function Dr(e,t){let n=new Float64Array(e.length);for(let r=0;r<e.length;r++){let i=t===`log`?e[r]>0?Math.log(e[r]):NaN:e[r];n[r]=Number.isFinite(i)?i:NaN}return n}function Or(e,t,n,r,i=`linear`){if(n.length!==e.length*t.length)throw Error(`contours got ${n.length} values; expected x.length × y.length = ${e.length} × ${t.length}`);let a=Dr(n,i),o=kr(e.length,t.length,a),s=new Int32Array(2*n.length).fill(-1),c=new Int32Array(2*n.length).fill(-1);return r.map(n=>{let r=i===`log`?Math.log(n):n;return{level:n,lines:Number.isFinite(r)?Ar(e,t,a,r,o,s,c):[]}})}function kr(e,t,n){let r=new Float64Array(n.length).fill(1/0),i=new Float64Array(n.length).fill(-1/0);for(let a=0;a+1<e;a++)for(let e=a*t;e+1<(a+1)*t;e++){let a=Math.min(n[e],n[e+1],n[e+t],n[e+t+1]);Number.isNaN(a)||(r[e]=a,i[e]=Math.max(n[e],n[e+1],n[e+t],n[e+t+1]))}return{low:r,high:i}}function Ar(e,t,n,r,i,a,o){let s=[],{low:c,high:l}=i;for(let e=0;e<n.length;e++)c[e]<r&&l[e]>=r&&jr(e,t.length,n,r,a,o,s);let u=[];for(let i of[!0,!1])for(let c of s)a[c]<0||i&&o[c]>=0||u.push(Mr(c,e,t,n,r,a));for(let e of s)a[e]=o[e]=-1;return u.filter(e=>e.points.length>=4)}function jr(e,t,n,r,i,a,o){let s=n.length,[c,l,u,d]=[n[e],n[e+t],n[e+t+1],n[e+1]],f=c>=r|(l>=r?2:0)|(u>=r?4:0)|(d>=r?8:0),p=[e,s+e+t,e+1,s+e],m=Er[f],h=m&&(c+l+u+d)/4>=r?m:Tr[f];for(let e=0;e<h.length;e+=2){let t=p[h[e]],n=p[h[e+1]];i[t]=n,a[n]=t,o.push(t,n)}}function Mr(e,t,n,r,i,a){let o=[],s=e,c=!1;for(;;){let[l,u]=Nr(s,t,n,r,i);(o.length<2||l!==o[o.length-2]||u!==o[o.length-1])&&o.push(l,u);let d=a[s];if(a[s]=-1,d<0)break;if(d===e){c=!0;break}s=d}let l=o.length;return c&&l>2&&o[0]===o[l-2]&&o[1]===o[l-1]&&(o.length=l-2),{points:Float64Array.from(o),closed:c&&o.length>=6}}function Nr(e,t,n,r,i){let a=r.length,o=n.length,s=e%a,c=Math.floor(s/o),l=s%o,u=e<a,d=r[s],f=r[u?s+o:s+1],p=(i-d)/(f-d);return f===i?u?[t[c+1],n[l]]:[t[c],n[l+1]]:u?[t[c]+p*(t[c+1]-t[c]),n[l]]:[t[c],n[l]+p*(n[l+1]-n[l])]}function Pr(e,t,n){let r=new Br(e,n.height),i=(n.avoid??[]).map(([e,t])=>({x:e,y:t,reach:n.height})),a=[];return e.forEach(({level:e,lines:o},s)=>{let c=t[s];if(!c)return;let l=n.width(c),u=o.map(e=>({line:e,length:Rr(e)})).filter(({length:e})=>e>1.6*l+n.height);u.sort((e,t)=>t.length-e.length);for(let{line:t,length:o}of u.slice(0,n.most??2)){let u=Ir(t,o,l,s,n,r,i);u&&(i.push({x:u.x,y:u.y,reach:l/2+n.height}),a.push({...u,text:c,level:e,line:t}))}}),a}var Fr=72;function Ir(e,t,n,r,i,a,o){let s=new zr(e),[c,l,u,d]=i.frame,f=n/2+i.height/2,p=null,m=-1/0;for(let h=0;h<Fr;h++){let g=(h+.5)/Fr*t;if(!e.closed&&(g<n/2||g>t-n/2))continue;let[_,v]=s.at(g);if(Math.min(_-c,u-_,v-l,d-v)<f*.6||_-c<i.height||u-_<i.height)continue;let[y,b]=s.at(g-n/2),[x,S]=s.at(g+n/2),C=Math.hypot(x-y,S-b)/n;if(C<.8)continue;let w=o.reduce((e,t)=>Math.min(e,Math.hypot(_-t.x,v-t.y)-t.reach-n/2),1/0);if(w<0)continue;let T=Math.atan2(S-b,x-y),[E,D]=[n/2,i.height/2],O=Math.abs(E*Math.cos(T))+Math.abs(D*Math.sin(T)),k=Math.abs(E*Math.sin(T))+Math.abs(D*Math.cos(T));if(i.clear?.some(e=>e[0]<_+O&&_-O<e[2]&&e[1]<v+k&&v-k<e[3]))continue;let A=Math.min(a.distance(_,v,r),a.distance(y,b,r),a.distance(x,S,r))/i.height;if(A<.5)continue;let j=Math.min(w,8*i.height)/(8*i.height)+1.5*Math.min(A,1.5)+6*(C-.8);j>m&&(m=j,p={x:_,y:v,angle:Lr(T)})}return p}function Lr(e){let t=Math.atan2(Math.sin(e),Math.cos(e));return t>Math.PI/2?t-Math.PI:t<=-Math.PI/2?t+Math.PI:t}function Rr(e){return new zr(e).length}var zr=class{line;length;sums;count;constructor(e){this.line=e;let{points:t,closed:n}=e,r=t.length/2;this.count=n?r+1:r,this.sums=new Float64Array(this.count);for(let e=1;e<this.count;e++){let n=2*(e-1),i=e%r*2;this.sums[e]=this.sums[e-1]+Math.hypot(t[i]-t[n],t[i+1]-t[n+1])}this.length=this.sums[this.count-1]??0}at(e){let{points:t,closed:n}=this.line,r=t.length/2,i=n?(e%this.length+this.length)%this.length:Math.min(Math.max(e,0),this.length),a=0,o=this.count-1;for(;o-a>1;){let e=a+o>>1;this.sums[e]<=i?a=e:o=e}let s=this.sums[o]-this.sums[a],c=s>0?(i-this.sums[a])/s:0,l=a%r*2,u=o%r*2;return[t[l]+c*(t[u]-t[l]),t[l+1]+c*(t[u+1]-t[l+1])]}},Br=class{size;cells=new Map;constructor(e,t){this.size=t,e.forEach(({lines:e},n)=>{for(let r of e){let e=new zr(r);for(let r=0;r<=e.length;r+=t/2)this.add(...e.at(r),n)}})}add(e,t,n){let r=`${Math.floor(e/this.size)} ${Math.floor(t/this.size)}`,i=this.cells.get(r);i?i.push([e,t,n]):this.cells.set(r,[[e,t,n]])}distance(e,t,n){let r=Math.floor(e/this.size),i=Math.floor(t/this.size),a=2*this.size;for(let o=-2;o<=2;o++)for(let s=-2;s<=2;s++)for(let[c,l,u]of this.cells.get(`${r+o} ${i+s}`)??[])u!==n&&(a=Math.min(a,Math.hypot(c-e,l-t)));return a}};function Vr(e,t,n){if(!t.length)return[e];let r=e.points.length/2,i=e.closed?r+1:r,a=[[]];for(let o=0;o+1<i;o++){let[i,s]=[e.points[2*o],e.points[2*o+1]],[c,l]=[e.points[2*((o+1)%r)],e.points[2*((o+1)%r)+1]],u=[[0,1]];for(let e of t)u=u.flatMap(t=>Hr(t,i,s,c,l,e,n));for(let[e,t]of u){let n=a[a.length-1],r=[i+e*(c-i),s+e*(l-s)];n.length&&e>0?a.push([...r]):n.length||n.push(...r),a[a.length-1].push(i+t*(c-i),s+t*(l-s)),t<1&&a.push([])}!u.length&&a[a.length-1].length&&a.push([])}return a.filter(e=>e.length>=4).map(e=>({points:Float64Array.from(e),closed:!1}))}function Hr([e,t],n,r,i,a,o,s){let[c,l,u,d]=[i-n,a-r,n-o.x,r-o.y],f=c*c+l*l,p=u*c+d*l,m=p*p-f*(u*u+d*d-s*s);if(f===0)return u*u+d*d<s*s?[]:[[e,t]];if(m<=0)return[[e,t]];let[h,g]=[(-p-Math.sqrt(m))/f,(-p+Math.sqrt(m))/f],_=[];return h>e&&_.push([e,Math.min(t,h)]),g<t&&_.push([Math.max(e,g),t]),_.filter(([e,t])=>t>e)}function Ur(e){let t=e.length,n=new Float64Array(t+1);if(t===1)return Float64Array.from([e[0]-.5,e[0]+.5]);for(let r=1;r<t;r++)n[r]=(e[r-1]+e[r])/2;return n[0]=1.5*e[0]-.5*e[1],n[t]=1.5*e[t-1]-.5*e[t-2],n}function Wr(e,t){let n=e.length-1;if(!(t>=e[0]&&t<=e[n]))return-1;let r=0,i=n;for(;i-r>1;){let n=r+i>>1;e[n]<=t?r=n:i=n}return r}function Gr(e,t,n,r,i,a,o,s=1){let c=new Uint8ClampedArray(4*n*r),l=Array.from({length:n},(e,r)=>t.x0+(r+.5)/n*(t.x1-t.x0)),u=Array.from({length:r},(e,n)=>t.y1-(n+.5)/r*(t.y1-t.y0)),d=Xr(c,i,a,s),f=l.map(t=>Wr(qr(e.x),t)),p=u.map(t=>Wr(qr(e.y),t)),m=e.y.length,h=o?l.map(t=>Yr(e.x,t)):[],g=o?u.map(t=>Yr(e.y,t)):[];for(let t=0;t<r;t++)for(let r=0;r<n;r++){let[i,a]=[f[r],p[t]];if(i<0||a<0||o&&(h[r]<0||g[t]<0))continue;let s=i*m+a,c=e.predicted!==null&&e.predicted[s]>0;o?Jr(e,m,h[r],g[t],r,t,n,c,d):d(r,t,n,e.places[s],e.done[s]>0,c)}return{width:n,height:r,pixels:c}}var Kr=new WeakMap;function qr(e){let t=Kr.get(e);return t||Kr.set(e,t=Ur(e)),t}function Jr(e,t,n,r,i,a,o,s,c){let l=Math.min(Math.floor(n),Math.max(e.x.length-2,0)),u=Math.min(Math.floor(r),Math.max(t-2,0)),[d,f]=[n-l,r-u],p=l*t+u,m=e.x.length>1?p+t:p,h=+(t>1),{places:g,done:_}=e,v=(1-f)*g[p]+f*g[p+h],y=(1-f)*g[m]+f*g[m+h],b=(1-d)*v+d*y;c(i,a,o,b,Number.isNaN(b)&&[p,p+h,m,m+h].some(e=>_[e]>0&&Number.isNaN(g[e]))||!Number.isNaN(b),s)}function Yr(e,t){if(e.length===1)return 0;let n=Wr(e,t);return n<0?-1:n+(t-e[n])/(e[n+1]-e[n])}function Xr(e,t,n,r){let[i,a,o]=n?[n.hole.bad.map(Zr),n.hole.missing.map(Zr),Zr(n.paper)]:[[],[],[255,255,255]],s=Math.max(1,Math.round(r));return(r,c,l,u,d,f)=>{let p=4*(c*l+r),m=t,h=0;if(Number.isNaN(u)&&!n)return;Number.isNaN(u)?m=d?i[+((r+c)%(7*s)<s)]:a[+(r%(6*s)<1.5*s&&c%(6*s)<1.5*s)]:h=3*Math.round(255*Math.min(1,Math.max(0,u)));let g=f?.5:0;for(let t=0;t<3;t++)e[p+t]=m[h+t]*(1-g)+o[t]*g;e[p+3]=255}}function Zr(e){return[1,3,5].map(t=>parseInt(e.slice(t,t+2),16))}var Qr=(e,t)=>e.frame.left+e.x.at(t)*e.frame.width,$r=(e,t)=>e.frame.top+(1-e.y.at(t))*e.frame.height;function ei(e){let[t,n]=e.limits??[0,1],r=e.scale===`log`&&t>0;return ye(r?`log`:`linear`,t,n,r?null:e.center)}function ti(e,t){return e&&e.center!==null?`RdBu_r`:t}function ni(e,t){switch(t.mark){case`Contour`:case`Surface`:case`Heatmap`:return xi(e,t);case`Holes`:return Ei(e,t);case`Veil`:return Oi(e,t);case`Line`:return ai(e,t);case`Band`:return ci(e,t);case`Points`:return di(e,t);case`Ticks`:return pi(e,t);case`Bars`:return _i(e,t);case`Rule`:return yi(e,t.across,t.at)}}function ri(e,t){let n=e.width*1.2,r=e.dash===`dashed`?[5*n/1.8,3*n/1.8]:e.dash===`dotted`?[1.5,3]:void 0;return{color:vn(t,e.color),width:n,dash:r,opacity:e.width<1?.6:void 0}}var ii=30;function ai(e,t){let[n,r]=[U(t.x),U(t.y)],i=oi(e,n,r);if(e.painter.line(si(i,e.frame.width),ri(t,e.ink)),!(n.length>ii||t.width<=1))for(let r=0;r<n.length;r++)Number.isFinite(i[2*r])&&Number.isFinite(i[2*r+1])&&e.painter.circle(i[2*r],i[2*r+1],2.1,vn(e.ink,t.color))}function oi(e,t,n){let r=new Float64Array(2*t.length);for(let i=0;i<t.length;i++)r[2*i]=Qr(e,t[i]),r[2*i+1]=$r(e,n[i]);return r}function si(e,t){let n=e.length/2;if(n<=4*t)return e;let r=[],i=0;for(;i<n;){let t=Math.floor(2*e[2*i]),[a,o,s]=[i,i,i];for(;a+1<n&&Math.floor(2*e[2*(a+1)])===t&&Number.isFinite(e[2*a+3]);)a++,e[2*a+1]<e[2*o+1]&&(o=a),e[2*a+1]>e[2*s+1]&&(s=a);for(let t of[...new Set([i,o,s,a])].sort((e,t)=>e-t))r.push(e[2*t],e[2*t+1]);i=a+1}return r}function ci(e,t){let[n,r,i]=[t.x,t.low,t.high].map(U),a=e.frame.top+e.frame.height,o=t=>Number.isNaN(t)?NaN:Math.min(Math.max($r(e,t),e.frame.top-1e4),a+1e4),s=t=>Number.isNaN(r[t])?NaN:Number.isNaN(e.y.at(r[t]))?a:o(r[t]),c=[],l=()=>{if(c.length>1){let r=c.flatMap(t=>[Qr(e,n[t]),o(i[t])]),a=[...c].reverse().flatMap(t=>[Qr(e,n[t]),s(t)]);e.painter.area([...r,...a],li(vn(e.ink,t.color),.22))}c=[]};for(let e=0;e<n.length;e++)Number.isFinite(o(i[e]))&&Number.isFinite(s(e))?c.push(e):l();l()}function li(e,t){return`rgba(${Zr(e).join(`,`)},${t})`}function ui(e,t){return e.color===null?t.lines[6]:vn(t,e.color)}function di(e,t){let n=oi(e,U(t.x),U(t.y)),r=ui(t,e.ink);if(t.marker===`word`)return;if(t.marker===`trace`)return e.painter.line(n,{color:r,width:1,opacity:.45});t.joined&&(e.painter.line(n,{color:e.ink.halo,width:3.5,opacity:.8}),e.painter.line(n,{color:r,width:t.color===null?1.2:1.6}));let i=t.shade&&U(t.shade);for(let r=0;2*r<n.length;r++)Number.isFinite(n[2*r])&&Number.isFinite(n[2*r+1])&&fi(e.painter,t,e.ink,n[2*r],n[2*r+1],i?i[r]:0,t.x.length)}function fi(e,t,n,r,i,a,o){let s=ui(t,n);if(t.marker===`star`)e.area(xn(r,i,8),t.color===null?n.star:s,{color:n.paper,width:1});else if(t.marker===`ring`)e.rect(r-3.8,i-3.8,7.6,7.6,`#ffffff`,{color:s,width:1.8});else if(t.marker===`speck`)e.circle(r,i,1.5,n.lines[6],{color:n.paper,width:.4});else{let n=t.color===null?`#000000`:s,c=t.marker===`step`,l=c?o<=60?2.8:1.9:3.6;e.circle(r,i,l,bn(`#ffffff`,n,Math.min(1,Math.max(0,a))),{color:s,width:c?1:1.2})}}function pi(e,t){let[n,r]=[U(t.x),U(t.y)],i=vn(e.ink,t.color),a=e.frame.top+e.frame.height,o=Number.isNaN(e.y.at(t.base))?a:Math.min($r(e,t.base),a),[s,c]=[t.low&&U(t.low),t.high&&U(t.high)];for(let a=0;a<n.length;a++){let[l,u]=[Qr(e,n[a]),$r(e,r[a])];if(Number.isFinite(l)&&Number.isFinite(u)&&(e.painter.line([l,o,l,u],{color:i,width:1.3}),s&&c)){let n=t.of===`x`?[mi(e,s[a]),u,mi(e,c[a]),u]:[l,hi(e,s[a]),l,hi(e,c[a])];e.painter.line(n,{color:i,width:3,opacity:.45})}}for(let a=0;a<n.length;a++){let[o,s]=[Qr(e,n[a]),$r(e,r[a])];Number.isFinite(o)&&Number.isFinite(s)&&e.painter.circle(o,s,2.9,t.filled?i:e.ink.paper,{color:i,width:1.2})}}function mi(e,t){let n=Number.isNaN(e.x.at(t))?+(t>0):e.x.at(t);return e.frame.left+Math.min(1,Math.max(0,n))*e.frame.width}function hi(e,t){let n=Number.isNaN(e.y.at(t))?+(t>0):e.y.at(t);return e.frame.top+(1-Math.min(1,Math.max(0,n)))*e.frame.height}var gi=.62;function _i(e,t){let[n,r]=[U(t.x),U(t.y)],i=vn(e.ink,t.color),[a,o]=[t.low&&U(t.low),t.high&&U(t.high)];for(let s=0;s<n.length;s++){if(!Number.isFinite(n[s]))continue;let[c,l]=[mi(e,0),mi(e,n[s])],[u,d]=[$r(e,r[s]+gi/2),$r(e,r[s]-gi/2)].sort((e,t)=>e-t);if(e.painter.rect(Math.min(c,l),u,Math.abs(l-c),d-u,t.filled?i:e.ink.paper,{color:i,width:1}),t.filled||vi(e.painter,Math.min(c,l),u,Math.abs(l-c),d-u,i),a&&o&&Number.isFinite(a[s])&&Number.isFinite(o[s])){let t=$r(e,r[s]);e.painter.line([mi(e,a[s]),t,mi(e,o[s]),t],{color:e.ink.text,width:1.3})}}}function vi(e,t,n,r,i,a,o=6){e.clipped(t,n,r,i,()=>{for(let s=t-i;s<t+r;s+=o)e.line([s,n+i,s+i,n],{color:a,width:.9})})}function yi(e,t,n){let{left:r,top:i,width:a,height:o}=e.frame,[s,c]=[Qr(e,n),$r(e,n)],l=t===`x`?[s,i,s,i+o]:[r,c,r+a,c];e.painter.line(l,{color:e.ink.faint,width:1,dash:[3,3]})}var bi=1024;function xi(e,t){let[n,r]=[U(t.x),U(t.y)],i=U(t.z.flat()),a=e.z??ye(`linear`,0,1),o=t.mark!==`Heatmap`&&n.length>1&&r.length>1,s=Float64Array.from(i,e=>L(a,e)).map(e=>Number.isFinite(e)?e:NaN);if(!o&&s.length<=bi)Si(e,n,r,s);else{let t={x0:e.x.low,x1:e.x.high,y0:e.y.low,y1:e.y.high},i={x:n,y:r,places:s,done:new Uint8Array(s.length),predicted:null},[a,c]=[Math.round(1.5*e.frame.width),Math.round(1.5*e.frame.height)],l=Gr(i,t,a,c,B(e.map),null,o);e.painter.image(l,e.frame.left,e.frame.top,e.frame.width,e.frame.height)}t.mark===`Contour`&&Ci(e,Or(n,r,i,t.levels,a.kind),t.labels,a)}function Si(e,t,n,r){let[i,a]=[Ur(t),Ur(n)];for(let o=0;o<t.length;o++)for(let t=0;t<n.length;t++){let s=V(e.map,r[o*n.length+t]);if(!s)continue;let[c,l]=[Qr(e,i[o]),Qr(e,i[o+1])].sort((e,t)=>e-t),[u,d]=[$r(e,a[t]),$r(e,a[t+1])].sort((e,t)=>e-t);e.painter.rect(c,u,l-c+.4,d-u+.4,`rgb(${s.join(`,`)})`)}}function Ci(e,t,n,r){let{left:i,top:a,width:o,height:s}=e.frame,c=t.map(({level:t,lines:n})=>({level:t,lines:n.map(t=>({closed:t.closed,points:t.points.map((t,n)=>n%2?$r(e,t):Qr(e,t))}))})),l=e.panel.marks.flatMap(e=>e.mark===`Points`&&e.marker!==`speck`?[e]:[]).flatMap(t=>{let[n,r]=[U(t.x),U(t.y)];return Array.from(n,(t,n)=>[Qr(e,t),$r(e,r[n])])}),u=o<300?9:H.word,d=Pr(c,n,{frame:[i,a,i+o,a+s],height:u,avoid:l,width:e=>yn(e,u)});for(let{level:t,lines:n}of c){let i=wi(V(e.map,L(r,t)));for(let t of n){let n=d.filter(e=>e.line===t);for(let r of Vr(t,n,n.length?yn(n[0].text,u)/2+3:0))e.painter.line(r.points,{color:i,width:.9,opacity:.85},r.closed)}for(let n of d.filter(e=>e.level===t))e.painter.text(n.x,n.y,n.text,{size:u,color:i,align:`middle`,baseline:`middle`,angle:n.angle})}}function wi(e){if(!e)return`#16181c`;let[t,n,r]=e.map(e=>(e/255)**2.2);return .2126*t+.7152*n+.0722*r>.2?`#16181c`:`#ffffff`}function Ti(e,t,n){let r=Ur(U(t.x)),i=t.mask,a=[];return i.forEach((i,o)=>{if(!i)return;let s=Number(t.x[o]),[c,l]=[s-2*n*(s-r[o]),s+2*n*(r[o+1]-s)];a.push([Qr(e,Math.max(c,e.x.low)),Qr(e,Math.min(l,e.x.high))])}),a.filter(([e,t])=>t>e)}function Ei(e,t){let{top:n,height:r}=e.frame,i=e.panel.marks.some(e=>e.mark===`Contour`)?1:.5;if(t.y===null)for(let[a,o]of Ti(e,t,i))Di(e.painter,e.ink,t.why,a,n,o-a,r);else{let n=ki(e,t,t.why===`doubtful`?.5:i);for(let[r,i,a,o]of n)Di(e.painter,e.ink,t.why,r,i,a,o)}}function Di(e,t,n,r,i,a,o){let[s,c]=t.hole[n];if(e.rect(r,i,a,o,s),n===`missing`){if(a*o>4e4)return;for(let t=r+3;t<r+a;t+=6)for(let n=i+3;n<i+o;n+=6)e.circle(t,n,.7,c)}else vi(e,r,i,a,o,c),n===`doubtful`&&e.line([r,i,r+a,i+o],{color:c,width:.9})}function Oi(e,t){let{top:n,height:r}=e.frame;if(t.y===null)for(let[i,a]of Ti(e,t,.5))e.painter.rect(i,n,a-i,r,e.ink.veil);else for(let[n,r,i,a]of ki(e,t,.5))e.painter.rect(n,r,i,a,li(e.ink.paper,.5))}function ki(e,t,n){let[r,i]=[U(t.x),U(t.y??[])],[a,o]=[Ur(r),Ur(i)],s=[],c=t.mask,l=(e,t,r)=>e[r]-2*n*(e[r]-t[r]),u=(e,t,r)=>e[r]+2*n*(t[r+1]-e[r]);for(let t=0;t<r.length;t++)for(let n=0;n<i.length;n++){if(!c[t][n])continue;let d=n;for(;d+1<i.length&&c[t][d+1];)d++;let[f,p]=[Qr(e,l(r,a,t)),Qr(e,u(r,a,t))].sort((e,t)=>e-t),[m,h]=[$r(e,l(i,o,n)),$r(e,u(i,o,d))].sort((e,t)=>e-t);s.push([f,m,p-f,h-m]),n=d}return s}function Ai(e,t){return e[0]<t[2]&&t[0]<e[2]&&e[1]<t[3]&&t[1]<e[3]}function ji(e,t,n,r,i){let a=n/2,o=[[11,0],[-11-n,0],[-a,-16],[-a,16],[8,-13],[8,13],[-8-n,-13],[-8-n,13]],{left:s,top:c,width:l,height:u}=r,d={at:{x:e+11,y:t},box:[e,t,e,t]},f=1/0;for(let[r,a]of o){let o=[e+r-2,t+a-7,e+r+n+2,t+a+7],p=o[0]<s||o[2]>s+l||o[1]<c||o[3]>c+u,m=i.filter(e=>Ai(o,e)).length+(p?3:0);m<f&&(f=m,d={at:{x:e+r,y:t+a},box:o})}return i.push(d.box),d.at}var Mi=1.08;function Ni(e,t,n){let{painter:r,panel:i,frame:a,ink:o}=e;if(i.title){let e=t.titleRoom/Mi,n=yn(i.title,H.title)<=e?H.title:H.word;r.text(a.left+a.width/2,t.titleAt,Bi(i.title,e,n),{size:n,color:o.text,align:`middle`,bold:!0})}if(!i.marks.length)return;let{left:s,top:c,width:l,height:u}=a;i.z===null&&Ii(e);let d=[];r.clipped(s,c,l,u,()=>{for(let t of n)ni(e,t),t.mark===`Points`&&t.texts.some(Boolean)&&d.push(t)}),Li(e,t);let f=[];Vi(e,n,f),Hi(e,d,n,f),t.bar&&e.z&&Wi(e,t,e.z)}var Pi=e=>Math.max(2,Math.min(8,e/75)),Fi=e=>Math.max(2,Math.min(7,e/34));function Ii(e){let{painter:t,ink:n,frame:r,panel:i}=e,a=i.marks.some(e=>e.mark===`Bars`);for(let{value:i}of Bn(e.x,Pi(r.width))){let a=Qr(e,i);t.line([a,r.top,a,r.top+r.height],{color:n.grid,width:1})}if(!a)for(let{value:i}of Bn(e.y,Fi(r.height))){let a=$r(e,i);t.line([r.left,a,r.left+r.width,a],{color:n.grid,width:1})}}function Li(e,t){let{painter:n,ink:r,frame:i,panel:a}=e,{left:o,top:s,width:c,height:l}=i;if(n.rect(o,s,c,l,null,{color:r.axis,width:1}),t.xShown&&zi(e,t),!t.yShown)return;let[u,d]=[0,1/0],f=Vn(a.y),p=Bn(e.y,Fi(l)).map(t=>({...t,y:$r(e,t.value)})).sort((e,t)=>t.y-e.y);for(let{y:e,label:t}of p){if(f||n.line([o-4,e,o,e],{color:r.axis,width:1}),e+5>d)continue;d=e-6;let i=Bi(t,o-12,H.tick);n.text(o-7,e,i,{size:H.tick,color:r.text,align:`end`,baseline:`middle`}),u=Math.max(u,yn(i,H.tick))}let m=Ri(a.y.label,l+6,H.label);m.forEach((e,t)=>{let i=Math.max(o-u-19,8+15*(m.length-1))-15*(m.length-1-t);n.text(i,s+l/2,e,{size:H.label,color:r.text,align:`middle`,baseline:`middle`,angle:-Math.PI/2})})}function Ri(e,t,n){if(!e)return[];if(yn(e,n)<=t)return[e];let r=e.split(` `),i=r.shift()??``;for(;r.length&&yn(`${i} ${r[0]}`,n)<=t;)i+=` ${r.shift()}`;return r.length?[Bi(i,t,n),Bi(r.join(` `),t,n)]:[Bi(i,t,n)]}function zi(e,t){let{painter:n,ink:r,frame:i,panel:a}=e,o=i.top+i.height,s=mr(a,i.width),[c,l]=[-1/0,0];for(let{value:t,label:a}of Bn(e.x,Pi(i.width))){let i=Qr(e,t);n.line([i,o,i,o+4],{color:r.axis,width:1});let u=s?6:yn(a,H.tick)/2;if(!(i-u<c)){if(c=i+u+4,s){let e=Bi(a,120,H.tick);n.text(i+4,o+9,e,{size:H.tick,color:r.text,align:`end`,baseline:`middle`,angle:-Math.PI/4}),l=Math.max(l,yn(e,H.tick)*.72)}else n.text(i,o+7,a,{size:H.tick,color:r.text,align:`middle`,baseline:`top`})}}let u=Bi(t.panel.x.label,i.width+80,H.label);n.text(i.left+i.width/2,o+23+l,u,{size:H.label,color:r.text,align:`middle`,baseline:`top`})}function Bi(e,t,n){if(yn(e,n)<=t)return e;let r=e;for(;r.length>1&&yn(`${r}…`,n)>t;)r=r.slice(0,-1);return`${r.trimEnd()}…`}function Vi(e,t,n){let{painter:r,ink:i,frame:a}=e,o={size:H.word,color:i.faint,halo:i.halo};for(let i of t){if(i.mark!==`Rule`||!i.label)continue;let t=yn(i.label,H.word);if(i.across===`y`){let s=$r(e,i.at);if(s<a.top||s>a.top+a.height)continue;let c=s-6-H.word>a.top;r.text(a.left+a.width-5,c?s-5:s+12,i.label,{...o,align:`end`}),n.push([a.left+a.width-5-t,s-16,a.left+a.width,s]);continue}let s=Qr(e,i.at);if(s<a.left-1||s>a.left+a.width+1)continue;let c=s+t+8>a.left+a.width,l=e=>{let n=a.top+4+13*e;return c?[s-4-t,n,s-2,n+12]:[s+2,n,s+6+t,n+12]},u=0;for(;n.some(e=>Ai(l(u),e))&&13*(u+2)<a.height;)u++;n.push(l(u)),r.text(c?s-4:s+4,l(u)[1]+10,i.label,{...o,align:c?`end`:`start`})}}function Hi(e,t,n,r){let{painter:i,ink:a,frame:o,panel:s}=e;for(let t of n)t.mark===`Points`&&t.marker!==`speck`&&t.marker!==`word`&&U(t.x).forEach((n,i)=>{let[a,o]=[Qr(e,n),$r(e,Number(t.y[i]))];r.push([a-5,o-5,a+5,o+5])});for(let n of t){let t=(o.width/Math.max(s.x.ticks.length,1)-4)/Math.max(...n.texts.map(e=>yn(e,1)));U(n.x).forEach((s,c)=>{let l=n.texts[c],[u,d]=[Qr(e,s),$r(e,Number(n.y[c]))];if(!l||u<o.left||u>o.left+o.width||d<o.top||d>o.top+o.height)return;if(n.marker===`word`){let r=Math.min(H.word,t);r>=6&&i.text(u,d,l,{size:r,color:Ui(e,n,c),align:`middle`,baseline:`middle`});return}let f=ji(u,d,yn(l,H.word),o,r);i.text(f.x,f.y,l,{size:H.word,color:a.text,baseline:`middle`,halo:a.halo})})}}function Ui(e,t,n){let r=t.z?U(t.z.flat())[n]:NaN;return e.z&&Number.isFinite(L(e.z,r))?wi(V(e.map,L(e.z,r))):e.ink.text}function Wi(e,t,n){let{painter:r,ink:i,panel:a,map:o}=e;if(!t.bar||!a.z)return;let{left:s,top:c,width:l,height:u}=t.bar;r.image(Gi(o),s,c,l,u),r.rect(s,c,l,u,null,{color:i.axis,width:1});let d=Pn(a.z,[n.low,n.high],null),[f,p]=[0,1/0];for(let{value:e,label:t}of Bn(d,Fi(u))){let a=c+u*(1-L(n,e));r.line([s+l,a,s+l+4,a],{color:i.axis,width:1}),a+5>p||(p=a-6,r.text(s+l+7,a,t,{size:H.tick,color:i.text,baseline:`middle`}),f=Math.max(f,yn(t,H.tick)))}r.text(s+l+f+17,c+u/2,Bi(a.z.label,u+40,H.label),{size:H.label,color:i.text,align:`middle`,baseline:`middle`,angle:-Math.PI/2})}function Gi(e){let t=new Uint8ClampedArray(1024);for(let n=0;n<256;n++)t.set([...V(e,(255-n)/255)??[0,0,0],255],4*n);return{width:1,height:256,pixels:t}}function Ki(e,t,n,r,i){let{ink:a}=n;if(t.mark===`Line`)e.line([r,i,r+20,i],ri(t,a));else if(t.mark===`Band`)e.rect(r,i-5,20,10,li(vn(a,t.color),.25));else if(t.mark===`Holes`)Di(e,a,t.why,r,i-5,20,10);else if(t.mark===`Veil`)e.rect(r,i-5,20,10,a.veil,{color:a.faint,width:.6});else if(t.mark===`Ticks`){let n=vn(a,t.color);e.line([r,i,r+20,i],{color:n,width:1.3}),e.circle(r+10,i,3,t.filled?n:a.paper,{color:n,width:1.2})}else if(t.mark===`Bars`){let n=vn(a,t.color);e.rect(r,i-5,20,10,t.filled?n:a.paper,{color:n,width:1}),t.filled||vi(e,r,i-5,20,10,n)}else if(t.mark===`Points`){let n=t.color===null?a.lines[6]:vn(a,t.color);(t.joined||t.marker===`trace`)&&e.line([r,i,r+20,i],{color:n,width:1.4}),t.marker!==`trace`&&fi(e,t,a,r+10,i,0,1)}}function qi(e,t){return t.title===e.entry.title?``:t.title}function Ji(e,t,n,r){return nr(t,n,r,Bi(qi(e,t),n-20,H.title))}function Yi(e,{panel:t,frame:n}){let{shared:r,zoom:i}=e,a=e=>(t.z===null?r[e]:null)??Ln(t,e),o=e=>Pn(t[e],a(e),i.get(Hn(t[e],e))??null);return{panel:t,frame:n,x:o(`x`),y:o(`y`)}}function Xi(e,t,n){let{z:r}=t.panel;return{...Yi(e,t),painter:n,z:r&&ei(r),ink:_n(e.look.theme),map:ti(r,e.look.map)}}function Zi(e,t){let{layout:n,look:r,figure:i,hidden:a}=t,o=_n(r.theme);n.title&&e.text(n.width/2,n.title.y,n.title.text,{size:H.title,color:o.text,align:`middle`,baseline:`middle`,bold:!0});let s=[];for(let r of n.places){let n=r.panel.marks.filter(e=>!qn(e,a,i));Ni(Xi(t,r,e),r,n);for(let n of r.legend)s.push(Qi(e,t,r,n,o))}return s}function Qi(e,t,n,r,i){let a=n.panel.marks[r.mark],o=Kn(a),s=t.hidden.has(o),c=e.group({opacity:s?.35:void 0},()=>{Ki(e,a,{ink:i},r.x,r.y);let n=Bi(r.label,t.layout.width-r.x-30,H.legend);e.text(r.x+26,r.y,n,{size:H.legend,color:i.text,baseline:`middle`})});return{key:o,label:r.label,element:c,hidden:s}}function $i({document:e,figure:t}){let n=t.panels.filter(e=>e.marks.length),r=t.title&&t.title!==e.entry.title?`${e.entry.title}, ${t.title}`:e.entry.title,i=n.slice(0,6).map(ea),a=n.length>6?` And ${n.length-6} more panels.`:``;return`${r}: ${i.join(` `)}${a}`}function ea(e){let[t,n]=ta(e),r=e.title?`${e.title}: `:``;if(e.z){let t=e.z.limits?` from ${z(e.z.limits[0])} to ${z(e.z.limits[1])}`:``,n=e.x.label||e.y.label?` over ${e.x.label||`x`} and ${e.y.label||`y`}`:``;return`${r}${e.z.label||`values`}${t}${n}.`}let i=e.marks.filter(e=>e.mark===`Line`),a=i.length===1?na(i[0]):i.length?`, ${i.length} curves`:``,o=e.x.label?` against ${e.x.label} from ${z(t)} to ${z(n)}`:``;return`${r}${e.y.label||`values`}${o}${a}.`}function ta(e){let t=e.marks.flatMap(e=>e.mark===`Line`?Array.from(U(e.x)):[]).filter(Number.isFinite);return t.length?[t.reduce((e,t)=>Math.min(e,t)),t.reduce((e,t)=>Math.max(e,t))]:Ln(e,`x`)}function na(e){let t=Array.from(U(e.y)).filter(Number.isFinite);return t.length?`, from ${z(t[0])} to ${z(t[t.length-1])}, lowest ${z(Math.min(...t))}, highest ${z(Math.max(...t))}`:`, no values`}function ra(e){let t=U(e.x);if(t.length<2)return!1;for(let e=1;e<t.length;e++)if(!(t[e]>t[e-1]))return!1;return!0}var ia=e=>e.mark===`Points`&&![`speck`,`trace`,`word`].includes(e.marker)||e.mark===`Ticks`||e.mark===`Bars`;function aa(e,t,n){let r=new Set,i=[];return e.marks.forEach((a,o)=>{if(!qn(a,t,n)){if(a.mark===`Line`&&ra(a)&&e.z===null){let e=U(a.y);U(a.x).forEach((t,n)=>Number.isFinite(t)&&Number.isFinite(e[n])&&r.add(t))}else if(ia(a)){let[e,t]=[U(a.x),U(a.y)];e.forEach((e,n)=>{Number.isFinite(e)&&Number.isFinite(t[n])&&i.push({kind:`point`,mark:o,at:n,x:e,y:t[n]})})}else(a.mark===`Heatmap`||a.mark===`Contour`||a.mark===`Surface`)&&i.push(...oa(a,o))}}),[...[...r].sort((e,t)=>e-t).map(e=>({kind:`x`,x:e})),...i]}function oa(e,t){let[n,r]=[e.x,e.y].map(e=>U(e));return Array.from(n).flatMap((e,n)=>Array.from(r,(r,i)=>({kind:`cell`,mark:t,i:n,j:i,x:e,y:r})))}var sa=14;function ca(e,t,n,r,i,a){let o=null,s=sa,[c,l]=[null,1/0];for(let a of e)if(a.kind===`point`){let[e,c]=i(a.x,a.y),l=t.marks[a.mark].mark===`Bars`?Math.abs(c-r):Math.hypot(e-n,c-r);l<s&&([o,s]=[a,l])}else if(a.kind===`x`){let e=Math.abs(i(a.x,1)[0]-n);e<l&&([c,l]=[a,e])}return o??la(t,...a(n,r))??c}function la(e,t,n){for(let r=e.marks.length-1;r>=0;r--){let i=e.marks[r];if(i.mark!==`Heatmap`&&i.mark!==`Contour`&&i.mark!==`Surface`)continue;let[a,o]=[U(i.x),U(i.y)],[s,c]=[Wr(Ur(a),t),Wr(Ur(o),n)];if(s>=0&&c>=0)return{kind:`cell`,mark:r,i:s,j:c,x:a[s],y:o[c]}}return null}function ua(e,t,n){let r=e[t].ticks.indexOf(n);return(e[t].tick_labels[r]??``)||z(n,4)}function da(e,t,n,r,i){if(t.kind===`cell`)return ha(e,t);if(t.kind===`point`)return ma(e,t);let a=[],o=[];return e.marks.forEach(s=>{if(s.mark!==`Line`||!ra(s)||qn(s,n,r))return;let[c,l]=[U(s.x),U(s.y)],u=-1;c.forEach((e,n)=>{Number.isFinite(l[n])&&(u<0||i(e,t.x)<i(c[u],t.x))&&(u=n)}),u<0||i(c[u],t.x)>5||(a.push([fa(s,e,r),`${z(l[u],4)}${pa(e,s,c[u],n,r)}`]),o.push({x:c[u],y:l[u],color:s.color}))}),{lines:[[e.x.label||`x`,ua(e,`x`,t.x)],...a],dots:o}}function fa(e,t,n){let r=n.panels.flatMap(e=>e.marks).find(t=>t.mark===`Line`&&t.label&&t.color===e.color&&t.dash===e.dash),i=e.label||(r?.mark===`Line`&&!r.label.startsWith(`dashed:`)?r.label:``),a=t.marks.filter(e=>e.mark===`Line`&&ra(e)).length>1,o=t.y.label||`value`;return i?a||n.panels.length>1?`${o}, ${i}`:i:o}function pa(e,t,n,r,i){for(let a of e.marks){if(a.mark!==`Band`||a.color!==t.color||qn(a,r,i))continue;let e=U(a.x).indexOf(n),[o,s]=[a.low[e],a.high[e]];if(e>=0&&typeof o==`number`&&typeof s==`number`)return` (${z(o)} to ${z(s)})`}return``}function ma(e,t){let n=e.marks[t.mark],r=(n.mark,n.color),i=[],a=n.mark===`Points`?n.texts[t.at]:``;(a||n.label)&&i.push([a?`point`:``,a||n.label]);let o=e.x.ticks.length>0&&!e.x.tick_labels.some(Boolean),s=e.y.ticks.length>0&&!e.y.tick_labels.some(Boolean);if(n.mark===`Bars`?i.push([ua(e,`y`,t.y),z(t.x,4)]):(!o&&e.x.label&&i.push([e.x.label,ua(e,`x`,t.x)]),!s&&e.y.label&&i.push([e.y.label,ua(e,`y`,t.y)])),n.mark!==`Points`&&n.low&&n.high){let[e,r]=[U(n.low)[t.at],U(n.high)[t.at]];i.push([`between`,`${z(e)} and ${z(r)}`])}return n.mark!==`Points`&&!n.filled&&i.push([``,`doubtful`]),{lines:i.length?i:[[`point`,z(t.x,4)]],dots:[{x:t.x,y:t.y,color:r}]}}function ha(e,t){let n=e.marks[t.mark],r=U([(n.mark===`Heatmap`||n.mark===`Contour`||n.mark===`Surface`?n.z:[])[t.i][t.j]])[0];return{lines:[[e.x.label||`column`,ua(e,`x`,t.x)],[e.y.label||`row`,ua(e,`y`,t.y)],[e.z?.label??`value`,z(r,4)]],dots:[{x:t.x,y:t.y,color:null}]}}var ga=class{element;chart;repaint;say;layer=Dn(`g`,{"pointer-events":`none`});place=null;stop=null;brush=null;down=new Map;controller=new AbortController;constructor(e,t,n,r){this.element=e,this.chart=t,this.repaint=n,this.say=r;let i=(t,n,r=!0)=>e.addEventListener(t,n,{signal:this.controller.signal,passive:r});i(`pointerdown`,e=>this.press(e)),i(`pointermove`,e=>this.move(e)),i(`pointerup`,e=>this.release(e,!0)),i(`pointercancel`,e=>this.release(e,!1)),i(`pointerleave`,e=>e.pointerType===`mouse`&&!this.down.size&&this.rest()),i(`dblclick`,()=>this.reset()),i(`wheel`,e=>this.wheel(e),!1),i(`keydown`,e=>this.key(e),!1),i(`blur`,()=>this.rest())}dispose(){this.controller.abort()}redraw(){this.stop&&this.place!==null?this.point(this.place,this.stop):this.layer.replaceChildren()}at(e){let t=this.element.getBoundingClientRect();return{x:e.clientX-t.left+this.element.scrollLeft,y:e.clientY-t.top+this.element.scrollTop}}under({x:e,y:t}){return this.chart()?.layout.places.find(({panel:n,frame:r})=>n.marks.length>0&&e>=r.left-6&&e<=r.left+r.width+6&&t>=r.top-6&&t<=r.top+r.height+6)??null}axes(e){return Yi(this.chart(),e)}press(e){let t=this.at(e);this.down.set(e.pointerId,t);let n=this.under(t);e.pointerType===`mouse`&&e.button===0&&n&&(this.brush={from:t,to:t,place:n}),n&&this.element.setPointerCapture?.(e.pointerId),this.hover(t)}move(e){let t=this.at(e),n=this.down.get(e.pointerId);n&&this.down.size===2&&this.pinch(e.pointerId,n,t),n&&this.down.set(e.pointerId,t),this.brush&&(this.brush.to=t),this.hover(t)}release(e,t){this.down.delete(e.pointerId);let{brush:n}=this;if(this.brush=null,!n||!t||Math.abs(n.to.x-n.from.x)<6)return this.redraw();let{frame:r}=n.place,i=e=>Math.min(1,Math.max(0,(e-r.left)/r.width)),{x:a}=this.axes(n.place),[o,s]=[i(n.from.x),i(n.to.x)].sort((e,t)=>e-t).map(e=>a.value(e));n.place.panel.equal||this.zoomTo(n.place,`x`,[o,s])}hover(e){let t=this.chart(),n=this.under(e);if(!t||!n)return this.rest();let r=this.axes(n),i=(e,t)=>[Qr(r,e),$r(r,t)],{frame:a}=n,o=ca(this.seen(n,r),n.panel,e.x,e.y,i,(e,t)=>[r.x.value((e-a.left)/a.width),r.y.value(1-(t-a.top)/a.height)]);o?this.point(n.index,o):this.rest()}seen(e,t){let n=this.chart(),r=e=>e>=-.001&&e<=1.001;return aa(e.panel,n.hidden,n.figure).filter(e=>r(t.x.at(e.x))&&(e.kind===`x`||r(t.y.at(e.y))))}rest(){this.stop&&this.say(null),this.stop=this.place=null,this.layer.replaceChildren()}point(e,t){let n=this.chart(),r=n?.layout.places.find(t=>t.index===e);if(!n||!r)return this.rest();this.place=e,this.stop=t;let i=Hn(r.panel.x,`x`),a=n.layout.places.filter(e=>e.panel.z===null&&Hn(e.panel.x,`x`)===i),o=t.kind===`x`?a:[r],s=[],c=[];for(let e of o){let r=this.axes(e),{lines:i,dots:a}=da(e.panel,t,n.hidden,n.figure,(e,t)=>Math.abs(Qr(r,e)-Qr(r,t)));s.push(...s.length?i.slice(1):i),c.push(...this.signs(r,t,a))}this.brush&&c.push(this.brushBox(this.brush)),this.layer.replaceChildren(...c),this.say({lines:s})}signs(e,t,n){let{left:r,top:i,width:a,height:o}=e.frame,s=_n(this.chart().look.theme),c=Qr(e,t.x),l=[],u={stroke:s.faint,"stroke-width":1,"stroke-opacity":.8};(t.kind===`x`||t.kind===`point`&&!e.panel.equal&&e.panel.z===null)&&l.push(Dn(`line`,{x1:c,x2:c,y1:i,y2:i+o,...u}));for(let c of n){let[n,u]=[Qr(e,c.x),$r(e,c.y)];if(n<r-1||n>r+a+1||u<i-1||u>i+o+1)continue;let d=c.color===null?s.text:vn(s,c.color),f=t.kind===`x`?{fill:d,stroke:s.paper}:{fill:`none`,stroke:s.text};l.push(Dn(`circle`,{cx:n,cy:u,r:5,...f,"stroke-width":1.8}))}return l}brushBox({from:e,to:t,place:n}){let{left:r,top:i,width:a,height:o}=n.frame,s=e=>Math.min(r+a,Math.max(r,e)),[c,l]=[s(e.x),s(t.x)].sort((e,t)=>e-t),u=_n(this.chart().look.theme);return Dn(`rect`,{x:c,y:i,width:l-c,height:o,fill:u.lines[0],"fill-opacity":.15,stroke:u.lines[0],"stroke-opacity":.6})}zoomTo(e,t,n){let r=this.chart();r&&n[0]<n[1]&&(r.zoom.set(Hn(e.panel[t],t),[n[0],n[1]]),this.repaint())}scale(e,t,n,r){let i=this.chart();if(!i)return;let a=this.axes(e)[t],o=Yi({...i,zoom:new Map},e)[t],[s,c]=[a.value(n-n*r),a.value(n+(1-n)*r)].map(o.at);if(c-s>=.999)i.zoom.delete(Hn(e.panel[t],t));else if(c-s>1e-5){let n=s<0?-s:c>1?1-c:0;i.zoom.set(Hn(e.panel[t],t),[o.value(s+n),o.value(c+n)])}this.repaint()}zoomAt(e,t,n){let{frame:r,panel:i}=e;this.scale(e,`x`,(t.x-r.left)/r.width,n),(i.z!==null||i.equal)&&this.scale(e,`y`,1-(t.y-r.top)/r.height,n)}wheel(e){let t=this.element.scrollHeight>this.element.clientHeight+1,n=this.at(e),r=this.under(n);if(!r||t&&!e.ctrlKey)return;e.preventDefault();let i=e.deltaMode===1?16:1;this.zoomAt(r,n,Math.exp(Math.max(-60,Math.min(60,e.deltaY*i))/240))}pinch(e,t,n){let r=[...this.down].find(([t])=>t!==e)?.[1],i=r&&this.under({x:(n.x+r.x)/2,y:(n.y+r.y)/2});if(!r||!i)return;let[a,o]=[Math.hypot(t.x-r.x,t.y-r.y),Math.hypot(n.x-r.x,n.y-r.y)];a>4&&o>4&&this.zoomAt(i,{x:(n.x+r.x)/2,y:(n.y+r.y)/2},a/o)}reset(){this.chart()?.zoom.clear(),this.repaint()}key(e){let t=this.chart();if(!t||e.ctrlKey||e.metaKey||e.altKey||e.target!==this.element)return;let n=t.layout.places.filter(e=>e.panel.marks.length),r=Math.max(n.findIndex(e=>e.index===this.place),0),i=n[r];if(i){if(e.key===`ArrowUp`||e.key===`ArrowDown`)this.toPanel(n[r+(e.key===`ArrowUp`?-1:1)]??i);else if([`ArrowLeft`,`ArrowRight`,`Home`,`End`].includes(e.key))this.along(i,e.key,e.shiftKey?10:1);else if(e.key===`+`||e.key===`=`||e.key===`-`){let{frame:t}=i,n=this.stop?Qr(this.axes(i),this.stop.x):t.left+t.width/2;this.zoomAt(i,{x:n,y:t.top+t.height/2},e.key===`-`?1.25:.8)}else return;e.preventDefault(),e.stopPropagation()}}along(e,t,n){let r=this.seen(e,this.axes(e));if(!r.length)return;let i=r.findIndex(e=>JSON.stringify(e)===JSON.stringify(this.stop)),a=t===`Home`?0:t===`End`?r.length-1:i<0?t===`ArrowLeft`?r.length-1:0:i+(t===`ArrowLeft`?-n:n);this.point(e.index,r[Math.min(Math.max(a,0),r.length-1)])}toPanel(e){let t=this.seen(e,this.axes(e)),n=this.stop?.x??1/0,r=t.reduce((e,t)=>Math.abs(t.x-n)<Math.abs(e.x-n)?t:e,t[0]);r&&this.point(e.index,r);let{top:i,height:a}=e.frame,{scrollTop:o,clientHeight:s}=this.element;i<o?this.element.scrollTop=e.titleAt-20:i+a>o+s&&(this.element.scrollTop=i+a+30-s)}},_a=new Map,va=0,ya=e=>{let t=document.createElement(`div`);t.className=`chart`,t.tabIndex=0,t.setAttribute(`role`,`group`),Object.assign(t.style,{position:`relative`,width:`100%`,height:`100%`,overflow:`hidden auto`,touchAction:`pan-y`});let n=`chart${++va}-`,r=null,i=!1,a=0,o=()=>{a=0,r&&t.clientWidth&&t.clientHeight&&(r.layout=Ji(r.document,r.figure,t.clientWidth,t.clientHeight),u(r),i||(i=!0,e.onReady()))},s=()=>{a||=requestAnimationFrame(o)},c=new ga(t,()=>r,s,e.onHover),l=Nn(t);t.addEventListener(`scroll`,()=>r&&l.show(r.layout),{passive:!0});let u=e=>{let r=t.contains(document.activeElement)?document.activeElement?.getAttribute(`data-key`):null,i=new kn(e.layout.width,e.layout.height,n);for(let t of Zi(i,e))d(t,e);i.root.append(c.layer),Object.assign(i.root.style,{display:`block`,userSelect:`none`,webkitUserSelect:`none`}),i.root.setAttribute(`aria-hidden`,`false`),t.replaceChildren(i.root,l.element),l.show(e.layout),r&&t.querySelector(`[data-key="${CSS.escape(r)}"]`)?.focus(),c.redraw()},d=({key:e,label:t,element:n,hidden:r},i)=>{let a={role:`checkbox`,tabindex:`0`,"aria-checked":String(!r),"aria-label":t,"data-key":e};for(let[e,t]of Object.entries(a))n.setAttribute(e,t);n.style.cursor=`pointer`;let o=30+yn(t,11.5),c=n.querySelector(`text`),[l,u]=[Number(c?.getAttribute(`x`))-28,Number(c?.getAttribute(`y`))-13];n.prepend(Dn(`rect`,{x:l,y:u,width:o,height:18,fill:`transparent`}));let d=t=>{t.stopPropagation(),t.preventDefault(),i.hidden.delete(e)||i.hidden.add(e),s()};n.addEventListener(`click`,d),n.addEventListener(`dblclick`,e=>e.stopPropagation()),n.addEventListener(`pointerdown`,e=>e.stopPropagation()),n.addEventListener(`keydown`,e=>(e.key===`Enter`||e.key===` `)&&d(e))},f={element:t,update:(e,n,i)=>{let{figure:a}=e;if(!a)throw Error(`${e.entry.title} came without a figure`);r={document:e,figure:a,look:n,shared:i,layout:Ji(e,a,t.clientWidth||1,t.clientHeight||1),zoom:r?.zoom??new Map(_a),hidden:r?.hidden??new Set},t.setAttribute(`aria-label`,f.describe()),s()},resize:()=>{a&&cancelAnimationFrame(a),o()},svg:()=>ba(r).text,canvas:e=>xa(r,e),describe:()=>r?$i(r):`Nothing to draw yet.`,dispose:()=>{a&&cancelAnimationFrame(a),c.dispose(),t.remove()}};return f};function ba(e){if(!e)throw Error(`there is no picture yet; wait until the result is drawn`);let{width:t,height:n}=e.layout,r=new kn(t,n);return r.rect(0,0,t,n,_n(e.look.theme).paper),Zi(r,e),{text:r.toString(),width:t,height:n}}async function xa(e,t){let{text:n,width:r,height:i}=ba(e),a=new Image;a.src=`data:image/svg+xml;charset=utf-8,${encodeURIComponent(n)}`,await a.decode();let o=document.createElement(`canvas`);o.width=Math.round(r*t),o.height=Math.round(i*t);let s=o.getContext(`2d`);if(!s)throw Error(`this browser gives no 2-D canvas`);return s.drawImage(a,0,0,o.width,o.height),o}function Sa(e,t,n){let r=new Uint8Array(e.length);for(let i=0;i<r.length;i++){let a=e[i];r[i]=t[i]?Number.isFinite(a)&&(n===`linear`||a>0)?2:1:0}return r}function Ca(e,t,n){let r={cells:[],corners:[],fx:[],fy:[]};if(!e.includes(0)||!e.includes(2))return r;let[i,a]=[t.length,n.length];for(let o=2;o<Math.max(i,a);o*=2)Da(e,t,n,Ta(i,o),Ta(a,o),r);for(let[o,s]of Ea(e,i,a))Da(e,t,n,o,s,r);return r}function wa(e,t,n){if(!t.cells.length)return e;let r=e.slice(),i=n===`log`?Math.log:e=>e,a=n===`log`?Math.exp:e=>e;return t.cells.forEach((n,o)=>{let[s,c,l,u]=[0,1,2,3].map(n=>i(e[t.corners[4*o+n]])),[d,f]=[t.fx[o],t.fy[o]];r[n]=a((1-f)*((1-d)*s+d*c)+f*((1-d)*l+d*u))}),r}function Ta(e,t){let n=(e-1>>1)%t;return Array.from({length:Math.floor((e-1-n)/t)+1},(e,r)=>n+r*t)}function Ea(e,t,n){let[r,i]=[new Float64Array(t),new Float64Array(n)];for(let a=0,o=0;a<t;a++)for(let s=0;s<n;s++,o++)e[o]===2&&(r[a]+=1/n,i[s]+=1/t);let a=[...new Set([...r,...i].filter(e=>e>0))].sort((e,t)=>e-t),o=a.filter((e,t)=>t%Math.ceil(a.length/6)===0),s=(e,t)=>[...e.keys()].filter(n=>e[n]>=t);return o.map(e=>[s(r,e),s(i,e)])}function Da(e,t,n,r,i,a){let o=n.length;for(let s=0;s+1<r.length;s++){let[c,l]=[r[s],r[s+1]];for(let r=0;r+1<i.length;r++){let[s,u]=[i[r],i[r+1]],d=[c*o+s,l*o+s,c*o+u,l*o+u];if(!d.some(t=>e[t]!==2))for(let r=c;r<=l;r++)for(let i=s;i<=u;i++)e[r*o+i]===0&&(e[r*o+i]=3,a.cells.push(r*o+i),a.corners.push(...d),a.fx.push((t[r]-t[c])/(t[l]-t[c])),a.fy.push((n[i]-n[s])/(n[u]-n[s])))}}}function Oa(e,t,n){let r=new Float64Array(t),i=new Float64Array(n),a=0;for(let o=0;o<t;o++)for(let s=0;s<n;s++){let c=+!!e[o*n+s];r[o]+=c/n,i[s]+=c/t,a+=c}let o={rows:Aa(t),columns:Aa(n)};if(a===0||a===t*n)return o;let s=-1,c=[...new Set([...r,...i].filter(e=>e>0))].sort((e,t)=>e-t);for(let a of c){let c=Aa(t).filter(e=>r[e]>=a-1e-12),l=Aa(n).filter(e=>i[e]>=a-1e-12);if(c.length<2||l.length<2)continue;let u=ka(e,n,c,l);u>s&&(s=u,o={rows:c,columns:l})}return o}function ka(e,t,n,r){let i=0;for(let a=0;a+1<n.length;a++){let[o,s]=[n[a]*t,n[a+1]*t];for(let t=0;t+1<r.length;t++){let[c,l]=[r[t],r[t+1]];e[o+c]&&e[o+l]&&e[s+c]&&e[s+l]&&(i+=(n[a+1]-n[a])*(l-c))}}return i}function Aa(e){return Array.from({length:e},(e,t)=>t)}function ja(e,t,n){let r=new Int32Array(t*n),{rows:i,columns:a}=Oa(e,t,n),o=Ma(i,t),s=Ma(a,n);for(let i=0;i<t;i++)for(let t=0;t<n;t++){let a=i*n+t,c=o[i]*n+s[t];r[a]=e[a]?a:e[c]?c:-1}return r}function Ma(e,t){let n=new Int32Array(t),r=0;for(let i=0;i<t;i++){for(;r+1<e.length&&Math.abs(e[r+1]-i)<=Math.abs(e[r]-i);)r++;n[i]=e[r]}return n}function Na(e,t,n){if(!n)return e;let r=(t.y1-t.y0)/(t.x1-t.x0),i=Math.min(e.width,e.height/r),a=i*r;return{left:e.left+(e.width-i)/2,top:e.top+(e.height-a)/2,width:i,height:a}}function Pa(e,t,n){return t.left+(n-e.x0)/(e.x1-e.x0)*t.width}function Fa(e,t,n){return t.top+(e.y1-n)/(e.y1-e.y0)*t.height}function Ia(e,t,n){return e.x0+(n-t.left)/t.width*(e.x1-e.x0)}function La(e,t,n){return e.y1-(n-t.top)/t.height*(e.y1-e.y0)}var Ra=500;function za(e,t,n,r,i){let a=t.x1-t.x0,o=Math.min(Math.max((e.x1-e.x0)*i/a,1/Ra),1),s=o*a,c=o*(t.y1-t.y0),l=(n-e.x0)/(e.x1-e.x0),u=(r-e.y0)/(e.y1-e.y0);return Va({x0:n-l*s,x1:n+(1-l)*s,y0:r-u*c,y1:r+(1-u)*c},t)}function Ba(e,t,n,r){return Va({x0:e.x0+n,x1:e.x1+n,y0:e.y0+r,y1:e.y1+r},t)}function Va(e,t){let n=(e,t,n,r)=>e<n?n-e:t>r?r-t:0,r=n(e.x0,e.x1,t.x0,t.x1),i=n(e.y0,e.y1,t.y0,t.y1);return{x0:e.x0+r,x1:e.x1+r,y0:e.y0+i,y1:e.y1+i}}var Ha=8,Ua=18,Wa=42,Ga=26;function Ka(e,t,n,r,i,a){let o=30+Math.max(...Ja(n.y0,n.y1,5).map(e=>yn(e.label,H.tick)),10),s=qa(i,e-16),c=s.length?s[s.length-1].row+1:0,l=Wa+c*Ua+(c?4:0),u=a?Ga:10,d=Na({left:o,top:u,width:Math.max(e-o-14,40),height:Math.max(t-l-u,40)},n,r),f=d.top+d.height+Wa;return{frame:d,legend:s.map(({item:e,x:t,row:n})=>({item:e,x:t+Ha,y:f+n*Ua+Ua/2}))}}function qa(e,t){let[n,r]=[0,0];return e.map(e=>{let i=24+yn(e.label,H.legend)+14;n>0&&n+i>t&&([n,r]=[0,r+1]);let a={item:e,x:n,row:r};return n+=i,a})}function Ja(e,t,n){let r=Se({kind:`linear`,low:e,high:t,center:null},n);return new Set(r.map(e=>e.label)).size===r.length?r:r.map(({value:e})=>({value:e,label:z(e,7)}))}function Ya(e,t){return e.field?Xa(e.field,t):e.volume?Qa(e.volume,t):null}function Xa(e,t){let n=Ge(e,t);if(!n)return null;let r=n.quantities.map(e=>no(e,I(e.values),e.error&&I(e.error))),i=n.predicted&&I(n.predicted),a=ao(e,n,r,i,t);return a?{x:ro(e.x),y:ro(e.y),name:n.name,cut:null,layers:r,...a,done:I(n.done),predicted:i,equal:e.equal,ways:t.tracks===`off`?[]:e.tracks.map(io),markers:e.markers}:null}var Za={x:[`y`,`z`,`x`],y:[`x`,`z`,`y`],z:[`x`,`y`,`z`]};function Qa(e,t){let n=Ge(e,t);if(!n)return null;let[r,i,a]=Za[t.cutAxis],o=I(e[a].values),s=eo(o,t.cut),c=n=>to(n,e,t.cutAxis,s),l=n.quantities.map(e=>no(e,c(I(e.values)),e.error&&c(I(e.error)))),u=n.predicted&&c(I(n.predicted)),d=ao(e,n,l,u,t);if(!d)return null;let f=o.length>1?Math.abs(o[o.length-1]-o[0])/(o.length-1)/2:1/0,p=e.markers.filter(e=>Math.abs((e[a]??0)-o[s])<=f).map(e=>({...e,x:e[r]??0,y:e[i]??0,z:null}));return{x:ro(e[r]),y:ro(e[i]),name:n.name,layers:l,...d,cut:[e[a].label,z(o[s],4)],done:c(I(n.done)),predicted:u,equal:$a(e[r],e[i]),ways:[],markers:p}}function $a(e,t){let[n,r]=[e,t].map(e=>R(I(e.values),`linear`)).map(([e,t])=>t-e);return n>0&&r>0&&Math.max(n/r,r/n)<=3}function eo(e,t){let n=e[0]+Math.min(1,Math.max(0,t))*(e[e.length-1]-e[0]),r=0;for(let t=1;t<e.length;t++)Math.abs(e[t]-n)<Math.abs(e[r]-n)&&(r=t);return r}function to(e,t,n,r){let[i,a,o]=[t.x,t.y,t.z].map(e=>e.values.shape[0]),s={x:a*o,y:o,z:1},c={x:i,y:a,z:o},[l,u]=Za[n],d=new Float64Array(c[l]*c[u]);for(let t=0;t<c[l];t++)for(let i=0;i<c[u];i++)d[t*c[u]+i]=e[t*s[l]+i*s[u]+r*s[n]];return d}function no(e,t,n){let{name:r,label:i,scale:a,center:o,flag:s}=e;return{name:r,label:i,kind:a,center:o,values:t,error:n,flag:s}}function ro(e){let t=I(e.values);return{label:e.label,values:t,limits:[t[0],t[t.length-1]]}}function io(e){return{name:e.name,x:I(e.x),y:I(e.y),steps:e.steps&&I(e.steps),off:e.off&&I(e.off),atLeast:e.at_least,layers:e.quantities.map(e=>no(e,I(e.values),e.error&&I(e.error)))}}function ao(e,t,n,r,i){let a=Ke(e,t,i);if(!a)return null;let o=e=>n.find(t=>t.name===e),s=o(a.name),c=qe(e,t,i),l=c===`evaluated`?oo(r):o(c.name),u=Ye(a,i.scale),d={...s,kind:u,center:u===`log`?null:s.center};return{height:d,color:l===s?d:l}}function oo(e){return{name:We,label:We,kind:`linear`,center:null,values:Float64Array.from(e,e=>+!e),error:null,flag:!0}}function so(e,t,n){let r=co(e.height,n.height,t.clip);return e.color===e.height?{height:r,color:r}:{height:r,color:co(e.color,n.color,null)}}function co(e,t,n){if(e.flag)return Ze(e.name);let r=t&&(e.kind===`linear`||t[0]>0)?t:R(e.values,e.kind);if(!r)return null;let i=n!==null&&n>r[0]?Math.min(r[1],n):r[1];return ye(e.kind,r[0],i,e.center)}function lo(e,t){let n=new Float64Array(e.values.length).fill(NaN);if(!t)return n;for(let r=0;r<n.length;r++){let i=L(t,e.values[r]);Number.isFinite(i)&&(n[r]=i)}return n}function uo(e,t,n,r){let[i,a]=[e.x.values.length,e.y.values.length],o=n.contours&&!e.color.flag&&i>1&&a>1,s=ja(e.done,i,a),{cells:c,lines:l}=n.contours&&i>1&&a>1?po(e,t,o,s):fo(e,t,s);return{plane:e,scales:t,look:n,ink:_n(n.theme),smooth:o,home:ho(e,o,r),cells:c,lines:l,shown:s}}function fo(e,t,n){let r=lo(e.color,t.color);return{cells:{x:e.x.values,y:e.y.values,predicted:mo(e),places:Float64Array.from(n,e=>e<0?NaN:r[e]),done:Uint8Array.from(n,e=>e<0?0:1)},lines:[]}}function po(e,t,n,r){let[i,a]=[Float64Array.from(e.x.values),Float64Array.from(e.y.values)],{height:o}=t,s=Sa(e.height.values,e.done,e.height.kind),c=Ca(s,i,a),l=e=>Float64Array.from(e,(e,t)=>s[t]===0?NaN:e),u=wa(l(e.height.values),c,e.height.kind),d=o?Or(i,a,u,Ce(o,11),o.kind):[];return n?{cells:{x:i,y:a,places:wa(l(lo(e.color,t.color)),c,`linear`),done:Uint8Array.from(s,e=>e===0?0:1),predicted:mo(e)},lines:d}:{cells:fo(e,t,r).cells,lines:d}}function mo(e){return e.color.name===`evaluated`?null:e.predicted}function ho(e,t,n){let r=(e,n,r)=>{if(n)return n;let i=t?e:Ur(e),[a,o]=[i[0],i[i.length-1]],s=r.filter(e=>e<a||e>o),c=s.length?.05*(o-a):0;return[Math.min(a,...s.map(e=>e-c)),Math.max(o,...s.map(e=>e+c))]},i=[...e.ways.flatMap(e=>Array.from(e.x)),...e.markers.map(e=>e.x)].filter(Number.isFinite),a=[...e.ways.flatMap(e=>Array.from(e.y)),...e.markers.map(e=>e.y)].filter(Number.isFinite),[o,s]=r(e.x.values,n.x,i),[c,l]=r(e.y.values,n.y,a);return{x0:o,x1:s,y0:c,y1:l}}function go(e,t,n){return Ka(t,n,e.home,e.plane.equal,_o(e),e.plane.cut!==null)}function _o(e){let{plane:t,cells:n,look:r,ink:i}=e,a=[],o=Array.from(n.places,(e,t)=>Number.isNaN(e)?n.done[t]?`bad`:`missing`:``);return t.color.flag&&t.color.name!==`evaluated`&&a.push({label:t.color.label,kind:`yes`},{label:`not ${t.color.label}`,kind:`no`}),o.includes(`bad`)&&a.push({label:t.color.kind===`log`?`no value on this scale`:`not finite`,kind:`bad`}),o.includes(`missing`)&&a.push({label:`not computed yet`,kind:`missing`}),n.predicted&&Array.from(n.predicted).some(Boolean)&&a.push({label:`paler: predicted`,kind:`veil`}),t.ways.forEach((e,t)=>a.push({label:Oe(e,r.time),kind:`track`,color:vn(i,t)})),a}function vo(e,t,n,r,i){let{frame:a}=n;e.clipped(a.left,a.top,a.width,a.height,()=>{e.image(yo(t,r,a.width,a.height,i),a.left,a.top,a.width,a.height);let o=To(t,n,r);xo(e,t,n,r,o.map(({box:e})=>e)),t.plane.ways.forEach((i,a)=>wo(e,i,vn(t.ink,a),t,n,r)),Eo(e,t,n,r,o)}),Do(e,t,n,r),Oo(e,t,n)}function yo(e,t,n,r,i){let a=B(e.look.map),[o,s]=[Math.max(1,Math.round(n*i)),Math.max(1,Math.round(r*i))];return Gr(e.cells,t,o,s,a,e.ink,e.smooth,i)}function bo(e,t,n){let r=e=>({closed:e.closed,points:e.points.map((e,r)=>r%2?Fa(n,t.frame,e):Pa(n,t.frame,e))});return e.map(({level:e,lines:t})=>({level:e,lines:t.map(r)}))}function xo(e,t,n,r,i){let{plane:a,scales:o,look:s}=t;if(!o.height||!s.contours)return;let{frame:c}=n,l=bo(t.lines,n,r),u=a.markers.map(({x:e,y:t})=>[Pa(r,c,e),Fa(r,c,t)]),d=Pr(l,l.map(({level:e})=>z(e)),{frame:[c.left,c.top,c.left+c.width,c.top+c.height],height:H.word,avoid:u,clear:i,width:e=>yn(e,H.word)});for(let{level:n,lines:r}of l){let{ink:i,halo:a}=So(t,n);for(let t of r){let n=d.filter(e=>e.line===t);for(let r of Vr(t,n,n.length?yn(n[0].text,H.word)/2+3:0))a&&e.line(r.points,{color:a,width:2.4,opacity:.4},r.closed),e.line(r.points,{color:i,width:1,opacity:.85},r.closed)}}for(let n of d){let{ink:r,halo:i}=So(t,n.level);e.text(n.x,n.y,n.text,{size:H.word,color:r,halo:i??void 0,align:`middle`,baseline:`middle`,angle:n.angle})}}function So(e,t){let{plane:n,scales:r,look:i}=e;return n.color!==n.height||!r.height?{ink:`#111111`,halo:`#ffffff`}:{ink:Co(V(i.map,L(r.height,t))),halo:null}}function Co(e){if(!e)return`#111111`;let[t,n,r]=e.map(e=>(e/255)**2.2);return .2126*t+.7152*n+.0722*r>.2?`#16181c`:`#ffffff`}function wo(e,t,n,r,i,a){let{ink:o,look:s}=r,{count:c,x:l,y:u}=Te(t,s.time);if(!c)return;let d=e=>Pa(a,i.frame,e),f=e=>Fa(a,i.frame,e),p=[];for(let e=0;e<c;e++)p.push(d(t.x[e]),f(t.y[e]));p.push(d(l),f(u)),e.line(p,{color:o.halo,width:4.5,opacity:.75}),e.line(p,{color:n,width:1.8});let m=c<=60?3.2:2;for(let r=0;r<c;r++){let i=t.off&&Number.isFinite(t.off[r])?Math.min(1,Math.max(0,t.off[r])):+!!t.off;e.circle(d(t.x[r]),f(t.y[r]),m,bn(`#ffffff`,n,i),{color:n,width:1})}let h=4.5;e.rect(d(t.x[0])-h,f(t.y[0])-h,2*h,2*h,`#ffffff`,{color:n,width:1.8}),c===t.x.length?e.area(xn(d(l),f(u),8),n,{color:`#ffffff`,width:1}):e.circle(d(l),f(u),4.5,n,{color:`#ffffff`,width:1.2})}function To(e,t,n){let{frame:r}=t,i=e.plane.markers.map(e=>({text:e.name,x:Pa(n,r,e.x),y:Fa(n,r,e.y)})),a=i.map(({x:e,y:t})=>[e-8,t-8,e+8,t+8]);return i.map(({text:e,x:t,y:n})=>({text:e,...ji(t,n,yn(e,H.word),r,a),box:a[a.length-1]}))}function Eo(e,t,n,r,i){let{ink:a,plane:o}=t;for(let t of o.markers){let[i,o]=[Pa(r,n.frame,t.x),Fa(r,n.frame,t.y)];t.role===`trained`?e.area(xn(i,o,9),a.star,{color:`#ffffff`,width:1}):t.role===`given`?e.circle(i,o,4.2,`#ffffff`,{color:`#111111`,width:1.6}):t.role===`start`?e.rect(i-4,o-4,8,8,`#ffffff`,{color:`#111111`,width:1.6}):e.circle(i,o,4.2,`#111111`,{color:`#ffffff`,width:1.2})}for(let{text:t,x:n,y:r}of i)e.text(n,r,t,{size:H.word,color:a.text,baseline:`middle`,halo:a.halo})}function Do(e,t,n,r){let{ink:i,plane:a}=t,{left:o,top:s,width:c,height:l}=n.frame,u=s+l;e.rect(o,s,c,l,null,{color:i.axis,width:1});let d=-1/0;for(let{value:t,label:a}of Ja(r.x0,r.x1,Math.max(2,Math.min(7,c/70)))){let o=Pa(r,n.frame,t);e.line([o,u,o,u+4],{color:i.axis,width:1});let s=yn(a,H.tick)/2;o-s<d||(d=o+s+4,e.text(o,u+7,a,{size:H.tick,color:i.text,align:`middle`,baseline:`top`}))}let f=0;for(let{value:t,label:a}of Ja(r.y0,r.y1,Math.max(2,Math.min(7,l/45)))){let s=Fa(r,n.frame,t);e.line([o-4,s,o,s],{color:i.axis,width:1}),e.text(o-7,s,a,{size:H.tick,color:i.text,align:`end`,baseline:`middle`}),f=Math.max(f,yn(a,H.tick))}a.cut&&e.text(o,s-9,`cut at ${a.cut.join(` = `)}`,{size:H.legend,color:i.text,baseline:`middle`}),e.text(o+c/2,u+23,a.x.label,{size:H.label,color:i.text,align:`middle`,baseline:`top`});let p=Math.max(o-f-18,8);e.text(p,s+l/2,a.y.label,{size:H.label,color:i.text,align:`middle`,baseline:`middle`,angle:-Math.PI/2})}function Oo(e,t,n){let{ink:r,look:i}=t;for(let{item:a,x:o,y:s}of n.legend){let n={color:r.faint,width:1};if(a.kind===`track`){let t=a.color??r.text;e.line([o,s,o+18,s],{color:t,width:1.8}),e.circle(o+9,s,3,`#ffffff`,{color:t,width:1})}else if(a.kind===`bad`||a.kind===`missing`){let[t,i]=r.hole[a.kind];if(e.rect(o,s-5,18,10,t,n),a.kind===`bad`)for(let t of[3,9,15])e.line([o+t-3,s+5,o+t+3,s-5],{color:i,width:1});else for(let t of[4,9,14])e.circle(o+t,s,.9,i)}else if(a.kind===`veil`)e.rect(o,s-5,18,10,r.veil,n);else{let r=Xe(t.plane.color.name)[+(a.kind===`yes`)];e.rect(o,s-5,18,10,`rgb(${(V(i.map,r)??[0,0,0]).join(`,`)})`,n)}e.text(o+24,s,a.label,{size:H.legend,color:r.text,baseline:`middle`})}}function ko(e,t){let n=new Map,r=new AbortController,i=(t,n,i=!0)=>e.addEventListener(t,n,{signal:r.signal,passive:i}),a=t=>{let n=e.getBoundingClientRect();return{x:t.clientX-n.left,y:t.clientY-n.top}},o=e=>n.delete(e.pointerId);return i(`pointerdown`,r=>{e.setPointerCapture?.(r.pointerId),n.set(r.pointerId,a(r)),t.hover(a(r))}),i(`pointermove`,e=>{let r=a(e),i=n.get(e.pointerId);i&&n.size===1?t.pan(r.x-i.x,r.y-i.y):i&&n.size===2&&Ao(n,e.pointerId,r,t),i&&n.set(e.pointerId,r),t.hover(n.size>1?null:r)}),i(`pointerup`,o),i(`pointercancel`,o),i(`pointerleave`,e=>{!n.has(e.pointerId)&&e.pointerType===`mouse`&&t.hover(null)}),i(`dblclick`,()=>t.reset()),i(`wheel`,e=>{e.preventDefault();let n=e.deltaMode===1?16:1,{x:r,y:i}=a(e);t.zoom(r,i,Math.exp(Math.max(-60,Math.min(60,e.deltaY*n))/240))},!1),i(`keydown`,n=>Mo(n,e,t),!1),i(`blur`,()=>t.hover(null)),()=>r.abort()}function Ao(e,t,n,r){let i=[...e].find(([e])=>e!==t)?.[1],a=e.get(t);if(!i||!a)return;let o=Math.hypot(a.x-i.x,a.y-i.y),s=Math.hypot(n.x-i.x,n.y-i.y);o>4&&s>4&&r.zoom((n.x+i.x)/2,(n.y+i.y)/2,o/s)}var jo={ArrowLeft:[-1,0],ArrowRight:[1,0],ArrowUp:[0,1],ArrowDown:[0,-1]};function Mo(e,t,n){if(e.ctrlKey||e.metaKey||e.altKey)return;let r=jo[e.key];if(r)n.step(r[0]*(e.shiftKey?5:1),r[1]*(e.shiftKey?5:1));else if(e.key===`+`||e.key===`=`)n.zoom(t.clientWidth/2,t.clientHeight/2,.8);else if(e.key===`-`)n.zoom(t.clientWidth/2,t.clientHeight/2,1.25);else return;e.preventDefault(),e.stopPropagation()}function No(e,t){return t===void 0||!Number.isFinite(t)||!Number.isFinite(e)?z(e,4):`${z(e,4)} ± ${z(t,2)}`}function Po(e,t){let n=e.values[t];return e.flag?[e.label,Number.isNaN(n)?z(n):n?`yes`:`no`]:[e.label,No(n,e.error?.[t])]}function Fo(e,t,n,r){let i=e.y.values.length,[a,o]=r<0?[t,n]:[Math.floor(r/i),r%i],s=[[e.x.label,z(e.x.values[a],4)],[e.y.label,z(e.y.values[o],4)]];if(e.cut&&s.push(e.cut),r<0)return{lines:[...s,[e.color.label,`not computed yet`]]};let c=e.layers.filter(t=>t.name===e.height.name),l=e.layers.filter(t=>t.name!==e.height.name);for(let e of[...c,...l])s.push(Po(e,r));return e.predicted&&!e.layers.some(e=>e.name===`evaluated`)&&s.push([`evaluated`,e.predicted[r]?`no, predicted`:`yes`]),{lines:s}}function Io(e,t){let n=[];e.steps&&n.push([`step`,z(e.steps[t],6)]);let r=De(e,t);r&&n.push([`off the plane`,`${r} of its distance`]);for(let r of e.layers)n.push(Po(r,t));return{lines:[[`track`,e.name||`run`],...n]}}function Lo(e,t,n,r,i,a=9){let o=null,s=a,c=(e,t,a,c=0)=>{let[l,u]=i(e,t),d=Math.hypot(l-n,u-r)-c;d<s&&(s=d,o={readout:a,x:e,y:t})};for(let n of e.ways){let{count:e}=Te(n,t);for(let t=0;t<e;t++)c(n.x[t],n.y[t],()=>Io(n,t))}for(let t of e.markers){let e=()=>t.values.map(({name:e,value:t})=>[e,t===null?`not known`:z(t,4)]);c(t.x,t.y,()=>({lines:[[`point`,t.name],...e()]}),1)}let l=o;return l&&{readout:l.readout(),x:l.x,y:l.y}}var Ro=e=>{let t=document.createElement(`div`),[n,r]=[document.createElement(`canvas`),document.createElement(`canvas`)];zo(t,n,r);let i={title:``,scene:null,layout:null,window:null,cell:null,width:0,height:0},a=!1,o=0,s=()=>i.window??i.scene?.home??{x0:0,x1:1,y0:0,y1:1},c=()=>{o=0;let t=Uo(n,i);t&&Wo(t,i,s()),!a&&i.scene&&t&&(a=!0,e.onReady())},l=()=>{o||=requestAnimationFrame(c)},u=t=>{i.cell=t?.cell??i.cell;let n=Uo(r,i);n&&t&&Jo(n,i,s(),t),e.onHover(t?.readout??null)},d=e=>{let t=i.scene?.home;i.window=t&&e.x1-e.x0>=(t.x1-t.x0)*.9999?null:e,l()},f=ko(t,{hover:e=>u(e&&Go(i,s(),e.x,e.y)),pan:(e,t)=>{let n=i.layout?.frame;if(!n||!i.scene||!i.window)return;let{x0:r,x1:a,y0:o,y1:c}=s();d(Ba(s(),i.scene.home,-e/n.width*(a-r),t/n.height*(c-o)))},zoom:(e,t,n)=>{let r=i.layout?.frame;r&&i.scene&&d(za(s(),i.scene.home,Ia(s(),r,e),La(s(),r,t),n))},reset:()=>{i.window=null,l()},step:(e,t)=>u(qo(i,e,t))}),p={element:t,update:(e,n,r)=>{Bo(i,e,n,r),t.setAttribute(`aria-label`,p.describe()),Vo(i,t),l()},resize:()=>{Vo(i,t),Uo(r,i),o&&cancelAnimationFrame(o),c()},canvas:async e=>Xo(i,s(),e),svg:()=>Zo(i,s()),describe:()=>Qo(i),dispose:()=>{o&&cancelAnimationFrame(o),f(),t.remove()}};return p};function zo(e,t,n){e.className=`flat`,e.tabIndex=0,e.setAttribute(`role`,`img`),Object.assign(e.style,{position:`relative`,width:`100%`,height:`100%`,overflow:`hidden`,touchAction:`none`,cursor:`crosshair`});for(let r of[t,n])Object.assign(r.style,{position:`absolute`,left:`0`,top:`0`,width:`100%`,height:`100%`,pointerEvents:`none`}),r.setAttribute(`aria-hidden`,`true`),e.append(r)}function Bo(e,t,n,r){let i=Ya(t,n);e.title=t.entry.title,e.scene=i&&uo(i,so(i,n,r),n,{x:r.x,y:r.y});let a=e.scene?.home;if(e.window&&a){let{x0:t,x1:n,y0:r,y1:i}=e.window;(t<a.x0-1e-9||n>a.x1+1e-9||r<a.y0-1e-9||i>a.y1+1e-9)&&(e.window=null)}}function Vo(e,t){e.width=t.clientWidth,e.height=t.clientHeight,e.layout=e.scene&&e.width>0&&e.height>0?go(e.scene,e.width,e.height):null}var Ho=()=>Math.min(window.devicePixelRatio||1,3);function Uo(e,t){if(!t.width||!t.height)return null;let n=e.getContext(`2d`);if(!n)return null;let r=Ho(),[i,a]=[Math.round(t.width*r),Math.round(t.height*r)];return(e.width!==i||e.height!==a)&&(e.width=i,e.height=a),n.setTransform(1,0,0,1,0,0),n.clearRect(0,0,i,a),n.setTransform(r,0,0,r,0,0),n}function Wo(e,t,n){let{scene:r,layout:i}=t;r&&i&&vo(new Sn(e),r,i,n,r.look.quality===`low`?.5:Ho())}function Go(e,t,n,r){let{scene:i,layout:a}=e;if(!i||!a)return null;let{frame:o}=a;if(n<o.left||n>o.left+o.width||r<o.top||r>o.top+o.height)return null;let s=Lo(i.plane,i.look.time,n,r,(e,n)=>[Pa(t,o,e),Fa(t,o,n)]);if(s)return{...s,cell:null};let c=Wr(Ur(i.plane.x.values),Ia(t,o,n)),l=Wr(Ur(i.plane.y.values),La(t,o,r));return c<0||l<0?null:Ko(i,c,l)}function Ko(e,t,n){let{plane:r}=e,i=r.y.values.length,a=e.shown[t*i+n],[o,s]=a<0?[t,n]:[Math.floor(a/i),a%i];return{cell:[t,n],x:r.x.values[o],y:r.y.values[s],readout:Fo(r,t,n,a)}}function qo(e,t,n){let{scene:r}=e;if(!r)return null;let[i,a]=[r.plane.x.values.length,r.plane.y.values.length],[o,s]=e.cell??[Math.floor(i/2)-t,Math.floor(a/2)-n];return Ko(r,Math.min(Math.max(o+t,0),i-1),Math.min(Math.max(s+n,0),a-1))}function Jo(e,t,n,r){let{scene:i,layout:a}=t;if(!i||!a)return;let{left:o,top:s,width:c,height:l}=a.frame,[u,d]=[Pa(n,a.frame,r.x),Fa(n,a.frame,r.y)],f=new Sn(e);f.clipped(o,s,c,l,()=>{for(let e of[[o,d,o+c,d],[u,s,u,s+l]])f.line(e,{color:`#ffffff`,width:2.5,opacity:.35}),f.line(e,{color:`#000000`,width:1,opacity:.6});f.circle(u,d,4,null,{color:`#ffffff`,width:3}),f.circle(u,d,4,null,{color:`#000000`,width:1.4})})}var Yo=`there is no picture yet; wait until the result is drawn`;function Xo(e,t,n){let{scene:r,width:i,height:a}=e;if(!r||!i)throw Error(Yo);let o=document.createElement(`canvas`);o.width=Math.round(i*n),o.height=Math.round(a*n);let s=o.getContext(`2d`,{willReadFrequently:!0});if(!s)throw Error(`this browser gives no 2-D canvas`);return s.fillStyle=r.ink.paper,s.fillRect(0,0,o.width,o.height),s.scale(n,n),vo(new Sn(s),r,go(r,i,a),t,n),o}function Zo(e,t){let{scene:n,width:r,height:i}=e;if(!n||!r)throw Error(Yo);let a=new kn(r,i);return a.rect(0,0,r,i,n.ink.paper),vo(a,n,go(n,r,i),t,2),a.toString()}function Qo(e){let{scene:t,title:n}=e;if(!t)return`${n}: nothing to draw.`;let{plane:r,scales:i,look:a}=t,o=i.height?`from ${z(i.height.low)} to ${z(i.height.high)}`:`without any value that has a place`,s=r.color===r.height?``:`, coloured by ${r.color.label}`,c=[`${n}: map of ${r.height.label} ${o} on a ${r.height.kind===`log`?`logarithmic`:`linear`} scale${s}, over ${r.x.label} and ${r.y.label}, ${r.x.values.length} × ${r.y.values.length} points${r.name?` (${r.name})`:``}${r.cut?`, cut at ${r.cut.join(` = `)}`:``}.`],l=Array.from(r.done).filter(e=>!e).length;l&&c.push(`${l} of ${r.done.length} points are not computed yet.`);let u=Array.from(r.height.values).filter((e,t)=>r.done[t]&&!Number.isFinite(e)).length;return u&&c.push(`${u} ${u===1?`value is`:`values are`} not finite.`),r.ways.length&&c.push(`Tracks: ${r.ways.map(e=>e.name||`run`).join(`, `)}.`),a.contours&&t.lines.length&&c.push(`Contour lines at ${t.lines.map(({level:e})=>z(e)).join(`, `)}.`),c.join(` `)}var $o=1e3,es=1001,ts=1002,ns=1003,rs=1004,is=1005,as=1006,os=1007,ss=1008,cs=1009,ls=1010,us=1011,ds=1012,fs=1013,ps=1014,ms=1015,hs=1016,gs=1017,_s=1018,vs=1020,ys=35902,bs=35899,xs=1021,Ss=1022,Cs=1023,ws=1026,Ts=1027,Es=1028,Ds=1029,Os=1030,ks=1031,As=1033,js=33776,Ms=33777,Ns=33778,Ps=33779,Fs=35840,Is=35841,Ls=35842,Rs=35843,zs=36196,Bs=37492,Vs=37496,Hs=37488,Us=37489,Ws=37490,Gs=37491,Ks=37808,qs=37809,Js=37810,Ys=37811,Xs=37812,Zs=37813,Qs=37814,$s=37815,ec=37816,tc=37817,nc=37818,rc=37819,ic=37820,ac=37821,oc=36492,sc=36494,cc=36495,lc=36283,uc=36284,dc=36285,fc=36286,pc=2300,mc=2301,hc=2302,gc=2303,_c=2400,vc=2401,yc=2402,bc=3200,xc=`srgb`,Sc=`srgb-linear`,Cc=`linear`,wc=`srgb`,Tc=7680,Ec=35044,Dc=2e3;function Oc(e){for(let t=e.length-1;t>=0;--t)if(e[t]>=65535)return!0;return!1}function kc(e){return ArrayBuffer.isView(e)&&!(e instanceof DataView)}function Ac(e){return document.createElementNS(`http://www.w3.org/1999/xhtml`,e)}function jc(){let e=Ac(`canvas`);return e.style.display=`block`,e}var Mc={};function Nc(...e){let t=`THREE.`+e.shift();console.log(t,...e)}function Pc(e){let t=e[0];if(typeof t==`string`&&t.startsWith(`TSL:`)){let t=e[1];t&&t.isStackTrace?e[0]+=` `+t.getLocation():e[1]=`Stack trace not available. Enable "THREE.Node.captureStackTrace" to capture stack traces.`}return e}function W(...e){e=Pc(e);let t=`THREE.`+e.shift();{let n=e[0];n&&n.isStackTrace?console.warn(n.getError(t)):console.warn(t,...e)}}function G(...e){e=Pc(e);let t=`THREE.`+e.shift();{let n=e[0];n&&n.isStackTrace?console.error(n.getError(t)):console.error(t,...e)}}function Fc(...e){let t=e.join(` `);t in Mc||(Mc[t]=!0,W(...e))}function Ic(e,t,n){return new Promise(function(r,i){function a(){switch(e.clientWaitSync(t,e.SYNC_FLUSH_COMMANDS_BIT,0)){case e.WAIT_FAILED:i();break;case e.TIMEOUT_EXPIRED:setTimeout(a,n);break;default:r()}}setTimeout(a,n)})}var Lc={0:0,2:6,4:4,3:5,1:1,6:2,7:7,5:3},Rc=class{addEventListener(e,t){this._listeners===void 0&&(this._listeners={});let n=this._listeners;n[e]===void 0&&(n[e]=[]),n[e].indexOf(t)===-1&&n[e].push(t)}hasEventListener(e,t){let n=this._listeners;return n!==void 0&&n[e]!==void 0&&n[e].indexOf(t)!==-1}removeEventListener(e,t){let n=this._listeners;if(n===void 0)return;let r=n[e];if(r!==void 0){let e=r.indexOf(t);e!==-1&&r.splice(e,1)}}dispatchEvent(e){let t=this._listeners;if(t===void 0)return;let n=t[e.type];if(n!==void 0){e.target=this;let t=n.slice(0);for(let n=0,r=t.length;n<r;n++)t[n].call(this,e);e.target=null}}},zc=`00.01.02.03.04.05.06.07.08.09.0a.0b.0c.0d.0e.0f.10.11.12.13.14.15.16.17.18.19.1a.1b.1c.1d.1e.1f.20.21.22.23.24.25.26.27.28.29.2a.2b.2c.2d.2e.2f.30.31.32.33.34.35.36.37.38.39.3a.3b.3c.3d.3e.3f.40.41.42.43.44.45.46.47.48.49.4a.4b.4c.4d.4e.4f.50.51.52.53.54.55.56.57.58.59.5a.5b.5c.5d.5e.5f.60.61.62.63.64.65.66.67.68.69.6a.6b.6c.6d.6e.6f.70.71.72.73.74.75.76.77.78.79.7a.7b.7c.7d.7e.7f.80.81.82.83.84.85.86.87.88.89.8a.8b.8c.8d.8e.8f.90.91.92.93.94.95.96.97.98.99.9a.9b.9c.9d.9e.9f.a0.a1.a2.a3.a4.a5.a6.a7.a8.a9.aa.ab.ac.ad.ae.af.b0.b1.b2.b3.b4.b5.b6.b7.b8.b9.ba.bb.bc.bd.be.bf.c0.c1.c2.c3.c4.c5.c6.c7.c8.c9.ca.cb.cc.cd.ce.cf.d0.d1.d2.d3.d4.d5.d6.d7.d8.d9.da.db.dc.dd.de.df.e0.e1.e2.e3.e4.e5.e6.e7.e8.e9.ea.eb.ec.ed.ee.ef.f0.f1.f2.f3.f4.f5.f6.f7.f8.f9.fa.fb.fc.fd.fe.ff`.split(`.`),Bc=Math.PI/180,Vc=180/Math.PI;function Hc(){let e=Math.random()*4294967295|0,t=Math.random()*4294967295|0,n=Math.random()*4294967295|0,r=Math.random()*4294967295|0;return(zc[e&255]+zc[e>>8&255]+zc[e>>16&255]+zc[e>>24&255]+`-`+zc[t&255]+zc[t>>8&255]+`-`+zc[t>>16&15|64]+zc[t>>24&255]+`-`+zc[n&63|128]+zc[n>>8&255]+`-`+zc[n>>16&255]+zc[n>>24&255]+zc[r&255]+zc[r>>8&255]+zc[r>>16&255]+zc[r>>24&255]).toLowerCase()}function K(e,t,n){return Math.max(t,Math.min(n,e))}function Uc(e,t){return(e%t+t)%t}function Wc(e,t,n){return(1-n)*e+n*t}function Gc(e){return 2**Math.floor(Math.log(e)/Math.LN2)}function Kc(e){switch(e.constructor){case Uint32Array:return 4294967295;case Uint16Array:return 65535;case Uint8Array:case Uint8ClampedArray:return 255;case Int32Array:return 2147483647;case Int16Array:return 32767;case Int8Array:return 127;default:return}}function qc(e,t){if(t.constructor===Float32Array)return e;let n=Kc(t);if(n===void 0)throw Error(`THREE.MathUtils: Invalid component type.`);return Math.max(e/n,-1)}function Jc(e,t){if(t.constructor===Float32Array)return e;let n=Kc(t);if(n===void 0)throw Error(`THREE.MathUtils: Invalid component type.`);return Math.round(e*n)}var q=class{static{this.prototype.isVector2=!0}constructor(e=0,t=0){this.x=e,this.y=t}get width(){return this.x}set width(e){this.x=e}get height(){return this.y}set height(e){this.y=e}set(e,t){return this.x=e,this.y=t,this}setScalar(e){return this.x=e,this.y=e,this}setX(e){return this.x=e,this}setY(e){return this.y=e,this}setComponent(e,t){switch(e){case 0:this.x=t;break;case 1:this.y=t;break;default:throw Error(`THREE.Vector2: index is out of range: `+e)}return this}getComponent(e){switch(e){case 0:return this.x;case 1:return this.y;default:throw Error(`THREE.Vector2: index is out of range: `+e)}}clone(){return new this.constructor(this.x,this.y)}copy(e){return this.x=e.x,this.y=e.y,this}add(e){return this.x+=e.x,this.y+=e.y,this}addScalar(e){return this.x+=e,this.y+=e,this}addVectors(e,t){return this.x=e.x+t.x,this.y=e.y+t.y,this}addScaledVector(e,t){return this.x+=e.x*t,this.y+=e.y*t,this}sub(e){return this.x-=e.x,this.y-=e.y,this}subScalar(e){return this.x-=e,this.y-=e,this}subVectors(e,t){return this.x=e.x-t.x,this.y=e.y-t.y,this}multiply(e){return this.x*=e.x,this.y*=e.y,this}multiplyScalar(e){return this.x*=e,this.y*=e,this}divide(e){return this.x/=e.x,this.y/=e.y,this}divideScalar(e){return this.multiplyScalar(1/e)}applyMatrix3(e){let t=this.x,n=this.y,r=e.elements;return this.x=r[0]*t+r[3]*n+r[6],this.y=r[1]*t+r[4]*n+r[7],this}min(e){return this.x=Math.min(this.x,e.x),this.y=Math.min(this.y,e.y),this}max(e){return this.x=Math.max(this.x,e.x),this.y=Math.max(this.y,e.y),this}clamp(e,t){return this.x=K(this.x,e.x,t.x),this.y=K(this.y,e.y,t.y),this}clampScalar(e,t){return this.x=K(this.x,e,t),this.y=K(this.y,e,t),this}clampLength(e,t){let n=this.length();return this.divideScalar(n||1).multiplyScalar(K(n,e,t))}floor(){return this.x=Math.floor(this.x),this.y=Math.floor(this.y),this}ceil(){return this.x=Math.ceil(this.x),this.y=Math.ceil(this.y),this}round(){return this.x=Math.round(this.x),this.y=Math.round(this.y),this}roundToZero(){return this.x=Math.trunc(this.x),this.y=Math.trunc(this.y),this}negate(){return this.x=-this.x,this.y=-this.y,this}dot(e){return this.x*e.x+this.y*e.y}cross(e){return this.x*e.y-this.y*e.x}lengthSq(){return this.x*this.x+this.y*this.y}length(){return Math.sqrt(this.x*this.x+this.y*this.y)}manhattanLength(){return Math.abs(this.x)+Math.abs(this.y)}normalize(){return this.divideScalar(this.length()||1)}angle(){return Math.atan2(-this.y,-this.x)+Math.PI}angleTo(e){let t=Math.sqrt(this.lengthSq()*e.lengthSq());if(t===0)return Math.PI/2;let n=this.dot(e)/t;return Math.acos(K(n,-1,1))}distanceTo(e){return Math.sqrt(this.distanceToSquared(e))}distanceToSquared(e){let t=this.x-e.x,n=this.y-e.y;return t*t+n*n}manhattanDistanceTo(e){return Math.abs(this.x-e.x)+Math.abs(this.y-e.y)}setLength(e){return this.normalize().multiplyScalar(e)}lerp(e,t){return this.x+=(e.x-this.x)*t,this.y+=(e.y-this.y)*t,this}lerpVectors(e,t,n){return this.x=e.x+(t.x-e.x)*n,this.y=e.y+(t.y-e.y)*n,this}equals(e){return e.x===this.x&&e.y===this.y}fromArray(e,t=0){return this.x=e[t],this.y=e[t+1],this}toArray(e=[],t=0){return e[t]=this.x,e[t+1]=this.y,e}fromBufferAttribute(e,t){return this.x=e.getX(t),this.y=e.getY(t),this}rotateAround(e,t){let n=Math.cos(t),r=Math.sin(t),i=this.x-e.x,a=this.y-e.y;return this.x=i*n-a*r+e.x,this.y=i*r+a*n+e.y,this}random(){return this.x=Math.random(),this.y=Math.random(),this}*[Symbol.iterator](){yield this.x,yield this.y}},Yc=class{constructor(e=0,t=0,n=0,r=1){this.isQuaternion=!0,this._x=e,this._y=t,this._z=n,this._w=r}static slerpFlat(e,t,n,r,i,a,o){let s=n[r+0],c=n[r+1],l=n[r+2],u=n[r+3],d=i[a+0],f=i[a+1],p=i[a+2],m=i[a+3];if(u!==m||s!==d||c!==f||l!==p){let e=s*d+c*f+l*p+u*m;e<0&&(d=-d,f=-f,p=-p,m=-m,e=-e);let t=1-o;if(e<.9995){let n=Math.acos(e),r=Math.sin(n);t=Math.sin(t*n)/r,o=Math.sin(o*n)/r,s=s*t+d*o,c=c*t+f*o,l=l*t+p*o,u=u*t+m*o}else{s=s*t+d*o,c=c*t+f*o,l=l*t+p*o,u=u*t+m*o;let e=1/Math.sqrt(s*s+c*c+l*l+u*u);s*=e,c*=e,l*=e,u*=e}}e[t]=s,e[t+1]=c,e[t+2]=l,e[t+3]=u}static multiplyQuaternionsFlat(e,t,n,r,i,a){let o=n[r],s=n[r+1],c=n[r+2],l=n[r+3],u=i[a],d=i[a+1],f=i[a+2],p=i[a+3];return e[t]=o*p+l*u+s*f-c*d,e[t+1]=s*p+l*d+c*u-o*f,e[t+2]=c*p+l*f+o*d-s*u,e[t+3]=l*p-o*u-s*d-c*f,e}get x(){return this._x}set x(e){this._x=e,this._onChangeCallback()}get y(){return this._y}set y(e){this._y=e,this._onChangeCallback()}get z(){return this._z}set z(e){this._z=e,this._onChangeCallback()}get w(){return this._w}set w(e){this._w=e,this._onChangeCallback()}set(e,t,n,r){return this._x=e,this._y=t,this._z=n,this._w=r,this._onChangeCallback(),this}clone(){return new this.constructor(this._x,this._y,this._z,this._w)}copy(e){return this._x=e.x,this._y=e.y,this._z=e.z,this._w=e.w,this._onChangeCallback(),this}setFromEuler(e,t=!0){let n=e._x,r=e._y,i=e._z,a=e._order,o=Math.cos,s=Math.sin,c=o(n/2),l=o(r/2),u=o(i/2),d=s(n/2),f=s(r/2),p=s(i/2);switch(a){case`XYZ`:this._x=d*l*u+c*f*p,this._y=c*f*u-d*l*p,this._z=c*l*p+d*f*u,this._w=c*l*u-d*f*p;break;case`YXZ`:this._x=d*l*u+c*f*p,this._y=c*f*u-d*l*p,this._z=c*l*p-d*f*u,this._w=c*l*u+d*f*p;break;case`ZXY`:this._x=d*l*u-c*f*p,this._y=c*f*u+d*l*p,this._z=c*l*p+d*f*u,this._w=c*l*u-d*f*p;break;case`ZYX`:this._x=d*l*u-c*f*p,this._y=c*f*u+d*l*p,this._z=c*l*p-d*f*u,this._w=c*l*u+d*f*p;break;case`YZX`:this._x=d*l*u+c*f*p,this._y=c*f*u+d*l*p,this._z=c*l*p-d*f*u,this._w=c*l*u-d*f*p;break;case`XZY`:this._x=d*l*u-c*f*p,this._y=c*f*u-d*l*p,this._z=c*l*p+d*f*u,this._w=c*l*u+d*f*p;break;default:W(`Quaternion: .setFromEuler() encountered an unknown order: `+a)}return t===!0&&this._onChangeCallback(),this}setFromAxisAngle(e,t){let n=t/2,r=Math.sin(n);return this._x=e.x*r,this._y=e.y*r,this._z=e.z*r,this._w=Math.cos(n),this._onChangeCallback(),this}setFromRotationMatrix(e){let t=e.elements,n=t[0],r=t[4],i=t[8],a=t[1],o=t[5],s=t[9],c=t[2],l=t[6],u=t[10],d=n+o+u;if(d>0){let e=.5/Math.sqrt(d+1);this._w=.25/e,this._x=(l-s)*e,this._y=(i-c)*e,this._z=(a-r)*e}else if(n>o&&n>u){let e=2*Math.sqrt(1+n-o-u);this._w=(l-s)/e,this._x=.25*e,this._y=(r+a)/e,this._z=(i+c)/e}else if(o>u){let e=2*Math.sqrt(1+o-n-u);this._w=(i-c)/e,this._x=(r+a)/e,this._y=.25*e,this._z=(s+l)/e}else{let e=2*Math.sqrt(1+u-n-o);this._w=(a-r)/e,this._x=(i+c)/e,this._y=(s+l)/e,this._z=.25*e}return this._onChangeCallback(),this}setFromUnitVectors(e,t){let n=e.dot(t)+1;return n<1e-8?(n=0,Math.abs(e.x)>Math.abs(e.z)?(this._x=-e.y,this._y=e.x,this._z=0,this._w=n):(this._x=0,this._y=-e.z,this._z=e.y,this._w=n)):(this._x=e.y*t.z-e.z*t.y,this._y=e.z*t.x-e.x*t.z,this._z=e.x*t.y-e.y*t.x,this._w=n),this.normalize()}angleTo(e){return 2*Math.acos(Math.abs(K(this.dot(e),-1,1)))}rotateTowards(e,t){let n=this.angleTo(e);if(n===0)return this;let r=Math.min(1,t/n);return this.slerp(e,r),this}identity(){return this.set(0,0,0,1)}invert(){return this.conjugate()}conjugate(){return this._x*=-1,this._y*=-1,this._z*=-1,this._onChangeCallback(),this}dot(e){return this._x*e._x+this._y*e._y+this._z*e._z+this._w*e._w}lengthSq(){return this._x*this._x+this._y*this._y+this._z*this._z+this._w*this._w}length(){return Math.sqrt(this._x*this._x+this._y*this._y+this._z*this._z+this._w*this._w)}normalize(){let e=this.length();return e===0?(this._x=0,this._y=0,this._z=0,this._w=1):(e=1/e,this._x*=e,this._y*=e,this._z*=e,this._w*=e),this._onChangeCallback(),this}multiply(e){return this.multiplyQuaternions(this,e)}premultiply(e){return this.multiplyQuaternions(e,this)}multiplyQuaternions(e,t){let n=e._x,r=e._y,i=e._z,a=e._w,o=t._x,s=t._y,c=t._z,l=t._w;return this._x=n*l+a*o+r*c-i*s,this._y=r*l+a*s+i*o-n*c,this._z=i*l+a*c+n*s-r*o,this._w=a*l-n*o-r*s-i*c,this._onChangeCallback(),this}slerp(e,t){let n=e._x,r=e._y,i=e._z,a=e._w,o=this.dot(e);o<0&&(n=-n,r=-r,i=-i,a=-a,o=-o);let s=1-t;if(o<.9995){let e=Math.acos(o),c=Math.sin(e);s=Math.sin(s*e)/c,t=Math.sin(t*e)/c,this._x=this._x*s+n*t,this._y=this._y*s+r*t,this._z=this._z*s+i*t,this._w=this._w*s+a*t,this._onChangeCallback()}else this._x=this._x*s+n*t,this._y=this._y*s+r*t,this._z=this._z*s+i*t,this._w=this._w*s+a*t,this.normalize();return this}slerpQuaternions(e,t,n){return this.copy(e).slerp(t,n)}random(){let e=2*Math.PI*Math.random(),t=2*Math.PI*Math.random(),n=Math.random(),r=Math.sqrt(1-n),i=Math.sqrt(n);return this.set(r*Math.sin(e),r*Math.cos(e),i*Math.sin(t),i*Math.cos(t))}equals(e){return e._x===this._x&&e._y===this._y&&e._z===this._z&&e._w===this._w}fromArray(e,t=0){return this._x=e[t],this._y=e[t+1],this._z=e[t+2],this._w=e[t+3],this._onChangeCallback(),this}toArray(e=[],t=0){return e[t]=this._x,e[t+1]=this._y,e[t+2]=this._z,e[t+3]=this._w,e}fromBufferAttribute(e,t){return this._x=e.getX(t),this._y=e.getY(t),this._z=e.getZ(t),this._w=e.getW(t),this._onChangeCallback(),this}toJSON(){return this.toArray()}_onChange(e){return this._onChangeCallback=e,this}_onChangeCallback(){}*[Symbol.iterator](){yield this._x,yield this._y,yield this._z,yield this._w}},J=class{static{this.prototype.isVector3=!0}constructor(e=0,t=0,n=0){this.x=e,this.y=t,this.z=n}set(e,t,n){return n===void 0&&(n=this.z),this.x=e,this.y=t,this.z=n,this}setScalar(e){return this.x=e,this.y=e,this.z=e,this}setX(e){return this.x=e,this}setY(e){return this.y=e,this}setZ(e){return this.z=e,this}setComponent(e,t){switch(e){case 0:this.x=t;break;case 1:this.y=t;break;case 2:this.z=t;break;default:throw Error(`THREE.Vector3: index is out of range: `+e)}return this}getComponent(e){switch(e){case 0:return this.x;case 1:return this.y;case 2:return this.z;default:throw Error(`THREE.Vector3: index is out of range: `+e)}}clone(){return new this.constructor(this.x,this.y,this.z)}copy(e){return this.x=e.x,this.y=e.y,this.z=e.z,this}add(e){return this.x+=e.x,this.y+=e.y,this.z+=e.z,this}addScalar(e){return this.x+=e,this.y+=e,this.z+=e,this}addVectors(e,t){return this.x=e.x+t.x,this.y=e.y+t.y,this.z=e.z+t.z,this}addScaledVector(e,t){return this.x+=e.x*t,this.y+=e.y*t,this.z+=e.z*t,this}sub(e){return this.x-=e.x,this.y-=e.y,this.z-=e.z,this}subScalar(e){return this.x-=e,this.y-=e,this.z-=e,this}subVectors(e,t){return this.x=e.x-t.x,this.y=e.y-t.y,this.z=e.z-t.z,this}multiply(e){return this.x*=e.x,this.y*=e.y,this.z*=e.z,this}multiplyScalar(e){return this.x*=e,this.y*=e,this.z*=e,this}multiplyVectors(e,t){return this.x=e.x*t.x,this.y=e.y*t.y,this.z=e.z*t.z,this}applyEuler(e){return this.applyQuaternion(Zc.setFromEuler(e))}applyAxisAngle(e,t){return this.applyQuaternion(Zc.setFromAxisAngle(e,t))}applyMatrix3(e){let t=this.x,n=this.y,r=this.z,i=e.elements;return this.x=i[0]*t+i[3]*n+i[6]*r,this.y=i[1]*t+i[4]*n+i[7]*r,this.z=i[2]*t+i[5]*n+i[8]*r,this}applyNormalMatrix(e){return this.applyMatrix3(e).normalize()}applyMatrix4(e){let t=this.x,n=this.y,r=this.z,i=e.elements,a=1/(i[3]*t+i[7]*n+i[11]*r+i[15]);return this.x=(i[0]*t+i[4]*n+i[8]*r+i[12])*a,this.y=(i[1]*t+i[5]*n+i[9]*r+i[13])*a,this.z=(i[2]*t+i[6]*n+i[10]*r+i[14])*a,this}applyQuaternion(e){let t=this.x,n=this.y,r=this.z,i=e.x,a=e.y,o=e.z,s=e.w,c=2*(a*r-o*n),l=2*(o*t-i*r),u=2*(i*n-a*t);return this.x=t+s*c+a*u-o*l,this.y=n+s*l+o*c-i*u,this.z=r+s*u+i*l-a*c,this}project(e){return this.applyMatrix4(e.matrixWorldInverse).applyMatrix4(e.projectionMatrix)}unproject(e){return this.applyMatrix4(e.projectionMatrixInverse).applyMatrix4(e.matrixWorld)}transformDirection(e){let t=this.x,n=this.y,r=this.z,i=e.elements;return this.x=i[0]*t+i[4]*n+i[8]*r,this.y=i[1]*t+i[5]*n+i[9]*r,this.z=i[2]*t+i[6]*n+i[10]*r,this.normalize()}divide(e){return this.x/=e.x,this.y/=e.y,this.z/=e.z,this}divideScalar(e){return this.multiplyScalar(1/e)}min(e){return this.x=Math.min(this.x,e.x),this.y=Math.min(this.y,e.y),this.z=Math.min(this.z,e.z),this}max(e){return this.x=Math.max(this.x,e.x),this.y=Math.max(this.y,e.y),this.z=Math.max(this.z,e.z),this}clamp(e,t){return this.x=K(this.x,e.x,t.x),this.y=K(this.y,e.y,t.y),this.z=K(this.z,e.z,t.z),this}clampScalar(e,t){return this.x=K(this.x,e,t),this.y=K(this.y,e,t),this.z=K(this.z,e,t),this}clampLength(e,t){let n=this.length();return this.divideScalar(n||1).multiplyScalar(K(n,e,t))}floor(){return this.x=Math.floor(this.x),this.y=Math.floor(this.y),this.z=Math.floor(this.z),this}ceil(){return this.x=Math.ceil(this.x),this.y=Math.ceil(this.y),this.z=Math.ceil(this.z),this}round(){return this.x=Math.round(this.x),this.y=Math.round(this.y),this.z=Math.round(this.z),this}roundToZero(){return this.x=Math.trunc(this.x),this.y=Math.trunc(this.y),this.z=Math.trunc(this.z),this}negate(){return this.x=-this.x,this.y=-this.y,this.z=-this.z,this}dot(e){return this.x*e.x+this.y*e.y+this.z*e.z}lengthSq(){return this.x*this.x+this.y*this.y+this.z*this.z}length(){return Math.sqrt(this.x*this.x+this.y*this.y+this.z*this.z)}manhattanLength(){return Math.abs(this.x)+Math.abs(this.y)+Math.abs(this.z)}normalize(){return this.divideScalar(this.length()||1)}setLength(e){return this.normalize().multiplyScalar(e)}lerp(e,t){return this.x+=(e.x-this.x)*t,this.y+=(e.y-this.y)*t,this.z+=(e.z-this.z)*t,this}lerpVectors(e,t,n){return this.x=e.x+(t.x-e.x)*n,this.y=e.y+(t.y-e.y)*n,this.z=e.z+(t.z-e.z)*n,this}cross(e){return this.crossVectors(this,e)}crossVectors(e,t){let n=e.x,r=e.y,i=e.z,a=t.x,o=t.y,s=t.z;return this.x=r*s-i*o,this.y=i*a-n*s,this.z=n*o-r*a,this}projectOnVector(e){let t=e.lengthSq();if(t===0)return this.set(0,0,0);let n=e.dot(this)/t;return this.copy(e).multiplyScalar(n)}projectOnPlane(e){return Xc.copy(this).projectOnVector(e),this.sub(Xc)}reflect(e){return this.sub(Xc.copy(e).multiplyScalar(2*this.dot(e)))}angleTo(e){let t=Math.sqrt(this.lengthSq()*e.lengthSq());if(t===0)return Math.PI/2;let n=this.dot(e)/t;return Math.acos(K(n,-1,1))}distanceTo(e){return Math.sqrt(this.distanceToSquared(e))}distanceToSquared(e){let t=this.x-e.x,n=this.y-e.y,r=this.z-e.z;return t*t+n*n+r*r}manhattanDistanceTo(e){return Math.abs(this.x-e.x)+Math.abs(this.y-e.y)+Math.abs(this.z-e.z)}setFromSpherical(e){return this.setFromSphericalCoords(e.radius,e.phi,e.theta)}setFromSphericalCoords(e,t,n){let r=Math.sin(t)*e;return this.x=r*Math.sin(n),this.y=Math.cos(t)*e,this.z=r*Math.cos(n),this}setFromCylindrical(e){return this.setFromCylindricalCoords(e.radius,e.theta,e.y)}setFromCylindricalCoords(e,t,n){return this.x=e*Math.sin(t),this.y=n,this.z=e*Math.cos(t),this}setFromMatrixPosition(e){let t=e.elements;return this.x=t[12],this.y=t[13],this.z=t[14],this}setFromMatrixScale(e){let t=this.setFromMatrixColumn(e,0).length(),n=this.setFromMatrixColumn(e,1).length(),r=this.setFromMatrixColumn(e,2).length();return this.x=t,this.y=n,this.z=r,this}setFromMatrixColumn(e,t){return this.fromArray(e.elements,t*4)}setFromMatrix3Column(e,t){return this.fromArray(e.elements,t*3)}setFromEuler(e){return this.x=e._x,this.y=e._y,this.z=e._z,this}setFromColor(e){return this.x=e.r,this.y=e.g,this.z=e.b,this}equals(e){return e.x===this.x&&e.y===this.y&&e.z===this.z}fromArray(e,t=0){return this.x=e[t],this.y=e[t+1],this.z=e[t+2],this}toArray(e=[],t=0){return e[t]=this.x,e[t+1]=this.y,e[t+2]=this.z,e}fromBufferAttribute(e,t){return this.x=e.getX(t),this.y=e.getY(t),this.z=e.getZ(t),this}random(){return this.x=Math.random(),this.y=Math.random(),this.z=Math.random(),this}randomDirection(){let e=Math.random()*Math.PI*2,t=Math.random()*2-1,n=Math.sqrt(1-t*t);return this.x=n*Math.cos(e),this.y=t,this.z=n*Math.sin(e),this}*[Symbol.iterator](){yield this.x,yield this.y,yield this.z}},Xc=new J,Zc=new Yc,Y=class{static{this.prototype.isMatrix3=!0}constructor(e,t,n,r,i,a,o,s,c){this.elements=[1,0,0,0,1,0,0,0,1],e!==void 0&&this.set(e,t,n,r,i,a,o,s,c)}set(e,t,n,r,i,a,o,s,c){let l=this.elements;return l[0]=e,l[1]=r,l[2]=o,l[3]=t,l[4]=i,l[5]=s,l[6]=n,l[7]=a,l[8]=c,this}identity(){return this.set(1,0,0,0,1,0,0,0,1),this}copy(e){let t=this.elements,n=e.elements;return t[0]=n[0],t[1]=n[1],t[2]=n[2],t[3]=n[3],t[4]=n[4],t[5]=n[5],t[6]=n[6],t[7]=n[7],t[8]=n[8],this}extractBasis(e,t,n){return e.setFromMatrix3Column(this,0),t.setFromMatrix3Column(this,1),n.setFromMatrix3Column(this,2),this}setFromMatrix4(e){let t=e.elements;return this.set(t[0],t[4],t[8],t[1],t[5],t[9],t[2],t[6],t[10]),this}multiply(e){return this.multiplyMatrices(this,e)}premultiply(e){return this.multiplyMatrices(e,this)}multiplyMatrices(e,t){let n=e.elements,r=t.elements,i=this.elements,a=n[0],o=n[3],s=n[6],c=n[1],l=n[4],u=n[7],d=n[2],f=n[5],p=n[8],m=r[0],h=r[3],g=r[6],_=r[1],v=r[4],y=r[7],b=r[2],x=r[5],S=r[8];return i[0]=a*m+o*_+s*b,i[3]=a*h+o*v+s*x,i[6]=a*g+o*y+s*S,i[1]=c*m+l*_+u*b,i[4]=c*h+l*v+u*x,i[7]=c*g+l*y+u*S,i[2]=d*m+f*_+p*b,i[5]=d*h+f*v+p*x,i[8]=d*g+f*y+p*S,this}multiplyScalar(e){let t=this.elements;return t[0]*=e,t[3]*=e,t[6]*=e,t[1]*=e,t[4]*=e,t[7]*=e,t[2]*=e,t[5]*=e,t[8]*=e,this}determinant(){let e=this.elements,t=e[0],n=e[1],r=e[2],i=e[3],a=e[4],o=e[5],s=e[6],c=e[7],l=e[8];return t*a*l-t*o*c-n*i*l+n*o*s+r*i*c-r*a*s}invert(){let e=this.elements,t=e[0],n=e[1],r=e[2],i=e[3],a=e[4],o=e[5],s=e[6],c=e[7],l=e[8],u=l*a-o*c,d=o*s-l*i,f=c*i-a*s,p=t*u+n*d+r*f;if(p===0)return this.set(0,0,0,0,0,0,0,0,0);let m=1/p;return e[0]=u*m,e[1]=(r*c-l*n)*m,e[2]=(o*n-r*a)*m,e[3]=d*m,e[4]=(l*t-r*s)*m,e[5]=(r*i-o*t)*m,e[6]=f*m,e[7]=(n*s-c*t)*m,e[8]=(a*t-n*i)*m,this}transpose(){let e,t=this.elements;return e=t[1],t[1]=t[3],t[3]=e,e=t[2],t[2]=t[6],t[6]=e,e=t[5],t[5]=t[7],t[7]=e,this}getNormalMatrix(e){return this.setFromMatrix4(e).invert().transpose()}transposeIntoArray(e){let t=this.elements;return e[0]=t[0],e[1]=t[3],e[2]=t[6],e[3]=t[1],e[4]=t[4],e[5]=t[7],e[6]=t[2],e[7]=t[5],e[8]=t[8],this}setUvTransform(e,t,n,r,i,a,o){let s=Math.cos(i),c=Math.sin(i);return this.set(n*s,n*c,-n*(s*a+c*o)+a+e,-r*c,r*s,-r*(-c*a+s*o)+o+t,0,0,1),this}scale(e,t){return Fc(`Matrix3: .scale() is deprecated. Use .makeScale() instead.`),this.premultiply(Qc.makeScale(e,t)),this}rotate(e){return Fc(`Matrix3: .rotate() is deprecated. Use .makeRotation() instead.`),this.premultiply(Qc.makeRotation(-e)),this}translate(e,t){return Fc(`Matrix3: .translate() is deprecated. Use .makeTranslation() instead.`),this.premultiply(Qc.makeTranslation(e,t)),this}makeTranslation(e,t){return e.isVector2?this.set(1,0,e.x,0,1,e.y,0,0,1):this.set(1,0,e,0,1,t,0,0,1),this}makeRotation(e){let t=Math.cos(e),n=Math.sin(e);return this.set(t,-n,0,n,t,0,0,0,1),this}makeScale(e,t){return this.set(e,0,0,0,t,0,0,0,1),this}equals(e){let t=this.elements,n=e.elements;for(let e=0;e<9;e++)if(t[e]!==n[e])return!1;return!0}fromArray(e,t=0){for(let n=0;n<9;n++)this.elements[n]=e[n+t];return this}toArray(e=[],t=0){let n=this.elements;return e[t]=n[0],e[t+1]=n[1],e[t+2]=n[2],e[t+3]=n[3],e[t+4]=n[4],e[t+5]=n[5],e[t+6]=n[6],e[t+7]=n[7],e[t+8]=n[8],e}clone(){return new this.constructor().fromArray(this.elements)}},Qc=new Y,$c=new Y().set(.4123908,.3575843,.1804808,.212639,.7151687,.0721923,.0193308,.1191948,.9505322),el=new Y().set(3.2409699,-1.5373832,-.4986108,-.9692436,1.8759675,.0415551,.0556301,-.203977,1.0569715);function tl(){let e={enabled:!0,workingColorSpace:Sc,spaces:{},convert:function(e,t,n){return this.enabled===!1||t===n||!t||!n||(this.spaces[t].transfer===`srgb`&&(e.r=nl(e.r),e.g=nl(e.g),e.b=nl(e.b)),this.spaces[t].primaries!==this.spaces[n].primaries&&(e.applyMatrix3(this.spaces[t].toXYZ),e.applyMatrix3(this.spaces[n].fromXYZ)),this.spaces[n].transfer===`srgb`&&(e.r=rl(e.r),e.g=rl(e.g),e.b=rl(e.b))),e},workingToColorSpace:function(e,t){return this.convert(e,this.workingColorSpace,t)},colorSpaceToWorking:function(e,t){return this.convert(e,t,this.workingColorSpace)},getPrimaries:function(e){return this.spaces[e].primaries},getTransfer:function(e){return e===``?Cc:this.spaces[e].transfer},getToneMappingMode:function(e){return this.spaces[e].outputColorSpaceConfig.toneMappingMode||`standard`},getLuminanceCoefficients:function(e,t=this.workingColorSpace){return e.fromArray(this.spaces[t].luminanceCoefficients)},define:function(e){Object.assign(this.spaces,e)},_getMatrix:function(e,t,n){return e.copy(this.spaces[n].fromXYZ).multiply(this.spaces[t].toXYZ)},_getDrawingBufferColorSpace:function(e){return this.spaces[e].outputColorSpaceConfig.drawingBufferColorSpace},_getUnpackColorSpace:function(e=this.workingColorSpace){return this.spaces[e].workingColorSpaceConfig.unpackColorSpace}},t=[.64,.33,.3,.6,.15,.06],n=[.2126,.7152,.0722],r=[.3127,.329];return e.define({[Sc]:{primaries:t,whitePoint:r,transfer:Cc,toXYZ:$c,fromXYZ:el,luminanceCoefficients:n,workingColorSpaceConfig:{unpackColorSpace:xc},outputColorSpaceConfig:{drawingBufferColorSpace:xc}},[xc]:{primaries:t,whitePoint:r,transfer:wc,toXYZ:$c,fromXYZ:el,luminanceCoefficients:n,outputColorSpaceConfig:{drawingBufferColorSpace:xc}}}),e}var X=tl();function nl(e){return e<.04045?e*.0773993808:(e*.9478672986+.0521327014)**2.4}function rl(e){return e<.0031308?e*12.92:1.055*e**.41666-.055}var il,al=class{static getDataURL(e,t=`image/png`){if(/^data:/i.test(e.src)||typeof HTMLCanvasElement>`u`)return e.src;let n;if(e instanceof HTMLCanvasElement)n=e;else{il===void 0&&(il=Ac(`canvas`)),il.width=e.width,il.height=e.height;let t=il.getContext(`2d`);e instanceof ImageData?t.putImageData(e,0,0):t.drawImage(e,0,0,e.width,e.height),n=il}return n.toDataURL(t)}static sRGBToLinear(e){if(typeof HTMLImageElement<`u`&&e instanceof HTMLImageElement||typeof HTMLCanvasElement<`u`&&e instanceof HTMLCanvasElement||typeof ImageBitmap<`u`&&e instanceof ImageBitmap){let t=Ac(`canvas`);t.width=e.width,t.height=e.height;let n=t.getContext(`2d`);n.drawImage(e,0,0,e.width,e.height);let r=n.getImageData(0,0,e.width,e.height),i=r.data;for(let e=0;e<i.length;e++)i[e]=nl(i[e]/255)*255;return n.putImageData(r,0,0),t}if(e.data){let t=e.data.slice(0);for(let e=0;e<t.length;e++)t instanceof Uint8Array||t instanceof Uint8ClampedArray?t[e]=Math.floor(nl(t[e]/255)*255):t[e]=nl(t[e]);return{data:t,width:e.width,height:e.height}}return W(`ImageUtils.sRGBToLinear(): Unsupported image type. No color space conversion applied.`),e}},ol=0,sl=class{constructor(e=null){this.isTextureSource=!0,Object.defineProperty(this,"id",{value:ol++}),this.uuid=Hc(),this.data=e,this.dataReady=!0,this.version=0}getSize(e){let t=this.data;return typeof HTMLVideoElement<`u`&&t instanceof HTMLVideoElement?e.set(t.videoWidth,t.videoHeight,0):typeof VideoFrame<`u`&&t instanceof VideoFrame?e.set(t.displayWidth,t.displayHeight,0):t===null?e.set(0,0,0):e.set(t.width||0,t.height||0,t.depth||0),e}set needsUpdate(e){e===!0&&this.version++}toJSON(e){let t=e===void 0||typeof e==`string`;if(!t&&e.images[this.uuid]!==void 0)return e.images[this.uuid];let n={uuid:this.uuid,url:``},r=this.data;if(r!==null){let e;if(Array.isArray(r)){e=[];for(let t=0,n=r.length;t<n;t++)r[t].isDataTexture?e.push(cl(r[t].image)):e.push(cl(r[t]))}else e=cl(r);n.url=e}return t||(e.images[this.uuid]=n),n}};function cl(e){return typeof HTMLImageElement<`u`&&e instanceof HTMLImageElement||typeof HTMLCanvasElement<`u`&&e instanceof HTMLCanvasElement||typeof ImageBitmap<`u`&&e instanceof ImageBitmap?al.getDataURL(e):e.data?{data:Array.from(e.data),width:e.width,height:e.height,type:e.data.constructor.name}:(W(`Texture: Unable to serialize Texture.`),{})}var ll=0,ul=new J,dl=class e extends Rc{constructor(t=e.DEFAULT_IMAGE,n=e.DEFAULT_MAPPING,r=es,i=es,a=as,o=ss,s=Cs,c=cs,l=e.DEFAULT_ANISOTROPY,u=``){super(),this.isTexture=!0,Object.defineProperty(this,"id",{value:ll++}),this.uuid=Hc(),this.name=``,this.source=new sl(t),this.mipmaps=[],this.mapping=n,this.channel=0,this.wrapS=r,this.wrapT=i,this.magFilter=a,this.minFilter=o,this.anisotropy=l,this.format=s,this.internalFormat=null,this.type=c,this.offset=new q(0,0),this.repeat=new q(1,1),this.center=new q(0,0),this.rotation=0,this.matrixAutoUpdate=!0,this.matrix=new Y,this.generateMipmaps=!0,this.mipmapsAutoUpdate=!0,this.premultiplyAlpha=!1,this.flipY=!0,this.unpackAlignment=4,this.colorSpace=u,this.userData={},this.updateRanges=[],this.version=0,this.onUpdate=null,this.renderTarget=null,this.isRenderTargetTexture=!1,this.isArrayTexture=!!(t&&t.depth&&t.depth>1),this.pmremVersion=0,this.isPMREMTexture=!1,this.normalized=!1}get width(){return this.source.getSize(ul).x}get height(){return this.source.getSize(ul).y}get depth(){return this.source.getSize(ul).z}get image(){return this.source.data}set image(e){this.source.data=e}updateMatrix(){this.matrix.setUvTransform(this.offset.x,this.offset.y,this.repeat.x,this.repeat.y,this.rotation,this.center.x,this.center.y)}addUpdateRange(e,t){this.updateRanges.push({start:e,count:t})}clearUpdateRanges(){this.updateRanges.length=0}clone(){return new this.constructor().copy(this)}copy(e){return this.name=e.name,this.source=e.source,this.mipmaps=e.mipmaps.slice(0),this.mapping=e.mapping,this.channel=e.channel,this.wrapS=e.wrapS,this.wrapT=e.wrapT,this.magFilter=e.magFilter,this.minFilter=e.minFilter,this.anisotropy=e.anisotropy,this.format=e.format,this.internalFormat=e.internalFormat,this.type=e.type,this.normalized=e.normalized,this.offset.copy(e.offset),this.repeat.copy(e.repeat),this.center.copy(e.center),this.rotation=e.rotation,this.matrixAutoUpdate=e.matrixAutoUpdate,this.matrix.copy(e.matrix),this.generateMipmaps=e.generateMipmaps,this.mipmapsAutoUpdate=e.mipmapsAutoUpdate,this.premultiplyAlpha=e.premultiplyAlpha,this.flipY=e.flipY,this.unpackAlignment=e.unpackAlignment,this.colorSpace=e.colorSpace,this.renderTarget=e.renderTarget,this.isRenderTargetTexture=e.isRenderTargetTexture,this.isPMREMTexture=e.isPMREMTexture,this.isArrayTexture=e.isArrayTexture,this.userData=JSON.parse(JSON.stringify(e.userData)),this.needsUpdate=!0,this}setValues(e){for(let t in e){let n=e[t];if(n===void 0){W(`Texture.setValues(): parameter '${t}' has value of undefined.`);continue}let r=this[t];r===void 0?W(`Texture.setValues(): property '${t}' does not exist.`):r&&n&&r.isVector2&&n.isVector2||r&&n&&r.isVector3&&n.isVector3||r&&n&&r.isMatrix3&&n.isMatrix3?r.copy(n):this[t]=n}}toJSON(e){let t=e===void 0||typeof e==`string`;if(!t&&e.textures[this.uuid]!==void 0)return e.textures[this.uuid];let n={metadata:{version:4.7,type:`Texture`,generator:`Texture.toJSON`},uuid:this.uuid,name:this.name,image:this.source.toJSON(e).uuid,mapping:this.mapping,channel:this.channel,repeat:[this.repeat.x,this.repeat.y],offset:[this.offset.x,this.offset.y],center:[this.center.x,this.center.y],rotation:this.rotation,wrap:[this.wrapS,this.wrapT],format:this.format,internalFormat:this.internalFormat,type:this.type,normalized:this.normalized,colorSpace:this.colorSpace,minFilter:this.minFilter,magFilter:this.magFilter,anisotropy:this.anisotropy,flipY:this.flipY,generateMipmaps:this.generateMipmaps,mipmapsAutoUpdate:this.mipmapsAutoUpdate,premultiplyAlpha:this.premultiplyAlpha,unpackAlignment:this.unpackAlignment};return Object.keys(this.userData).length>0&&(n.userData=this.userData),t||(e.textures[this.uuid]=n),n}dispose(){this.dispatchEvent({type:`dispose`})}transformUv(e){if(this.mapping!==300)return e;if(e.applyMatrix3(this.matrix),e.x<0||e.x>1)switch(this.wrapS){case $o:e.x-=Math.floor(e.x);break;case es:e.x=e.x<0?0:1;break;case ts:Math.abs(Math.floor(e.x)%2)===1?e.x=Math.ceil(e.x)-e.x:e.x-=Math.floor(e.x)}if(e.y<0||e.y>1)switch(this.wrapT){case $o:e.y-=Math.floor(e.y);break;case es:e.y=e.y<0?0:1;break;case ts:Math.abs(Math.floor(e.y)%2)===1?e.y=Math.ceil(e.y)-e.y:e.y-=Math.floor(e.y)}return this.flipY&&(e.y=1-e.y),e}set needsUpdate(e){e===!0&&(this.version++,this.source.needsUpdate=!0)}set needsPMREMUpdate(e){e===!0&&this.pmremVersion++}};dl.DEFAULT_IMAGE=null,dl.DEFAULT_MAPPING=300,dl.DEFAULT_ANISOTROPY=1;var fl=class{static{this.prototype.isVector4=!0}constructor(e=0,t=0,n=0,r=1){this.x=e,this.y=t,this.z=n,this.w=r}get width(){return this.z}set width(e){this.z=e}get height(){return this.w}set height(e){this.w=e}set(e,t,n,r){return this.x=e,this.y=t,this.z=n,this.w=r,this}setScalar(e){return this.x=e,this.y=e,this.z=e,this.w=e,this}setX(e){return this.x=e,this}setY(e){return this.y=e,this}setZ(e){return this.z=e,this}setW(e){return this.w=e,this}setComponent(e,t){switch(e){case 0:this.x=t;break;case 1:this.y=t;break;case 2:this.z=t;break;case 3:this.w=t;break;default:throw Error(`THREE.Vector4: index is out of range: `+e)}return this}getComponent(e){switch(e){case 0:return this.x;case 1:return this.y;case 2:return this.z;case 3:return this.w;default:throw Error(`THREE.Vector4: index is out of range: `+e)}}clone(){return new this.constructor(this.x,this.y,this.z,this.w)}copy(e){return this.x=e.x,this.y=e.y,this.z=e.z,this.w=e.w===void 0?1:e.w,this}add(e){return this.x+=e.x,this.y+=e.y,this.z+=e.z,this.w+=e.w,this}addScalar(e){return this.x+=e,this.y+=e,this.z+=e,this.w+=e,this}addVectors(e,t){return this.x=e.x+t.x,this.y=e.y+t.y,this.z=e.z+t.z,this.w=e.w+t.w,this}addScaledVector(e,t){return this.x+=e.x*t,this.y+=e.y*t,this.z+=e.z*t,this.w+=e.w*t,this}sub(e){return this.x-=e.x,this.y-=e.y,this.z-=e.z,this.w-=e.w,this}subScalar(e){return this.x-=e,this.y-=e,this.z-=e,this.w-=e,this}subVectors(e,t){return this.x=e.x-t.x,this.y=e.y-t.y,this.z=e.z-t.z,this.w=e.w-t.w,this}multiply(e){return this.x*=e.x,this.y*=e.y,this.z*=e.z,this.w*=e.w,this}multiplyScalar(e){return this.x*=e,this.y*=e,this.z*=e,this.w*=e,this}applyMatrix4(e){let t=this.x,n=this.y,r=this.z,i=this.w,a=e.elements;return this.x=a[0]*t+a[4]*n+a[8]*r+a[12]*i,this.y=a[1]*t+a[5]*n+a[9]*r+a[13]*i,this.z=a[2]*t+a[6]*n+a[10]*r+a[14]*i,this.w=a[3]*t+a[7]*n+a[11]*r+a[15]*i,this}divide(e){return this.x/=e.x,this.y/=e.y,this.z/=e.z,this.w/=e.w,this}divideScalar(e){return this.multiplyScalar(1/e)}setAxisAngleFromQuaternion(e){this.w=2*Math.acos(e.w);let t=Math.sqrt(1-e.w*e.w);return t<1e-4?(this.x=1,this.y=0,this.z=0):(this.x=e.x/t,this.y=e.y/t,this.z=e.z/t),this}setAxisAngleFromRotationMatrix(e){let t,n,r,i,a=.01,o=.1,s=e.elements,c=s[0],l=s[4],u=s[8],d=s[1],f=s[5],p=s[9],m=s[2],h=s[6],g=s[10];if(Math.abs(l-d)<a&&Math.abs(u-m)<a&&Math.abs(p-h)<a){if(Math.abs(l+d)<o&&Math.abs(u+m)<o&&Math.abs(p+h)<o&&Math.abs(c+f+g-3)<o)return this.set(1,0,0,0),this;t=Math.PI;let e=(c+1)/2,s=(f+1)/2,_=(g+1)/2,v=(l+d)/4,y=(u+m)/4,b=(p+h)/4;return e>s&&e>_?e<a?(n=0,r=.707106781,i=.707106781):(n=Math.sqrt(e),r=v/n,i=y/n):s>_?s<a?(n=.707106781,r=0,i=.707106781):(r=Math.sqrt(s),n=v/r,i=b/r):_<a?(n=.707106781,r=.707106781,i=0):(i=Math.sqrt(_),n=y/i,r=b/i),this.set(n,r,i,t),this}let _=Math.sqrt((h-p)*(h-p)+(u-m)*(u-m)+(d-l)*(d-l));return Math.abs(_)<.001&&(_=1),this.x=(h-p)/_,this.y=(u-m)/_,this.z=(d-l)/_,this.w=Math.acos((c+f+g-1)/2),this}setFromMatrixPosition(e){let t=e.elements;return this.x=t[12],this.y=t[13],this.z=t[14],this.w=t[15],this}min(e){return this.x=Math.min(this.x,e.x),this.y=Math.min(this.y,e.y),this.z=Math.min(this.z,e.z),this.w=Math.min(this.w,e.w),this}max(e){return this.x=Math.max(this.x,e.x),this.y=Math.max(this.y,e.y),this.z=Math.max(this.z,e.z),this.w=Math.max(this.w,e.w),this}clamp(e,t){return this.x=K(this.x,e.x,t.x),this.y=K(this.y,e.y,t.y),this.z=K(this.z,e.z,t.z),this.w=K(this.w,e.w,t.w),this}clampScalar(e,t){return this.x=K(this.x,e,t),this.y=K(this.y,e,t),this.z=K(this.z,e,t),this.w=K(this.w,e,t),this}clampLength(e,t){let n=this.length();return this.divideScalar(n||1).multiplyScalar(K(n,e,t))}floor(){return this.x=Math.floor(this.x),this.y=Math.floor(this.y),this.z=Math.floor(this.z),this.w=Math.floor(this.w),this}ceil(){return this.x=Math.ceil(this.x),this.y=Math.ceil(this.y),this.z=Math.ceil(this.z),this.w=Math.ceil(this.w),this}round(){return this.x=Math.round(this.x),this.y=Math.round(this.y),this.z=Math.round(this.z),this.w=Math.round(this.w),this}roundToZero(){return this.x=Math.trunc(this.x),this.y=Math.trunc(this.y),this.z=Math.trunc(this.z),this.w=Math.trunc(this.w),this}negate(){return this.x=-this.x,this.y=-this.y,this.z=-this.z,this.w=-this.w,this}dot(e){return this.x*e.x+this.y*e.y+this.z*e.z+this.w*e.w}lengthSq(){return this.x*this.x+this.y*this.y+this.z*this.z+this.w*this.w}length(){return Math.sqrt(this.x*this.x+this.y*this.y+this.z*this.z+this.w*this.w)}manhattanLength(){return Math.abs(this.x)+Math.abs(this.y)+Math.abs(this.z)+Math.abs(this.w)}normalize(){return this.divideScalar(this.length()||1)}setLength(e){return this.normalize().multiplyScalar(e)}lerp(e,t){return this.x+=(e.x-this.x)*t,this.y+=(e.y-this.y)*t,this.z+=(e.z-this.z)*t,this.w+=(e.w-this.w)*t,this}lerpVectors(e,t,n){return this.x=e.x+(t.x-e.x)*n,this.y=e.y+(t.y-e.y)*n,this.z=e.z+(t.z-e.z)*n,this.w=e.w+(t.w-e.w)*n,this}equals(e){return e.x===this.x&&e.y===this.y&&e.z===this.z&&e.w===this.w}fromArray(e,t=0){return this.x=e[t],this.y=e[t+1],this.z=e[t+2],this.w=e[t+3],this}toArray(e=[],t=0){return e[t]=this.x,e[t+1]=this.y,e[t+2]=this.z,e[t+3]=this.w,e}fromBufferAttribute(e,t){return this.x=e.getX(t),this.y=e.getY(t),this.z=e.getZ(t),this.w=e.getW(t),this}random(){return this.x=Math.random(),this.y=Math.random(),this.z=Math.random(),this.w=Math.random(),this}*[Symbol.iterator](){yield this.x,yield this.y,yield this.z,yield this.w}},pl=class extends Rc{constructor(e=1,t=1,n={}){super(),n=Object.assign({generateMipmaps:!1,internalFormat:null,minFilter:as,depthBuffer:!0,stencilBuffer:!1,resolveColorBuffer:!0,resolveDepthBuffer:!0,resolveStencilBuffer:!0,storeMultisampledColorBuffer:!0,storeMultisampledDepthBuffer:!0,storeMultisampledStencilBuffer:!0,depthTexture:null,samples:0,count:1,depth:1,multiview:!1,useArrayDepthTexture:!1},n),this.isRenderTarget=!0,this.width=e,this.height=t,this.depth=n.depth,this.scissor=new fl(0,0,e,t),this.scissorTest=!1,this.viewport=new fl(0,0,e,t),this.textures=[];let r=n.count;for(let i=0;i<r;i++)this.textures[i]=new dl({width:e,height:t,depth:n.depth}),this.textures[i].isRenderTargetTexture=!0,this.textures[i].renderTarget=this;this._setTextureOptions(n),this.depthBuffer=n.depthBuffer,this.stencilBuffer=n.stencilBuffer,this.resolveColorBuffer=n.resolveColorBuffer,this.resolveDepthBuffer=n.resolveDepthBuffer,this.resolveStencilBuffer=n.resolveStencilBuffer,this.storeMultisampledColorBuffer=n.storeMultisampledColorBuffer,this.storeMultisampledDepthBuffer=n.storeMultisampledDepthBuffer,this.storeMultisampledStencilBuffer=n.storeMultisampledStencilBuffer,this._depthTexture=null,this.depthTexture=n.depthTexture,this.samples=n.samples,this.multiview=n.multiview,this.useArrayDepthTexture=n.useArrayDepthTexture}_setTextureOptions(e={}){let t={minFilter:as,generateMipmaps:!1,flipY:!1,internalFormat:null};e.mapping!==void 0&&(t.mapping=e.mapping),e.wrapS!==void 0&&(t.wrapS=e.wrapS),e.wrapT!==void 0&&(t.wrapT=e.wrapT),e.wrapR!==void 0&&(t.wrapR=e.wrapR),e.magFilter!==void 0&&(t.magFilter=e.magFilter),e.minFilter!==void 0&&(t.minFilter=e.minFilter),e.format!==void 0&&(t.format=e.format),e.type!==void 0&&(t.type=e.type),e.anisotropy!==void 0&&(t.anisotropy=e.anisotropy),e.colorSpace!==void 0&&(t.colorSpace=e.colorSpace),e.flipY!==void 0&&(t.flipY=e.flipY),e.generateMipmaps!==void 0&&(t.generateMipmaps=e.generateMipmaps),e.mipmapsAutoUpdate!==void 0&&(t.mipmapsAutoUpdate=e.mipmapsAutoUpdate),e.internalFormat!==void 0&&(t.internalFormat=e.internalFormat);for(let e=0;e<this.textures.length;e++)this.textures[e].setValues(t)}get texture(){return this.textures[0]}set texture(e){this.textures[0]=e}set depthTexture(e){this._depthTexture!==null&&this._depthTexture.renderTarget===this&&(this._depthTexture.renderTarget=null),e!==null&&e.renderTarget===null&&(e.renderTarget=this),this._depthTexture=e}get depthTexture(){return this._depthTexture}setSize(e,t,n=1){if(this.width!==e||this.height!==t||this.depth!==n){this.width=e,this.height=t,this.depth=n;for(let r=0,i=this.textures.length;r<i;r++)this.textures[r].image.width=e,this.textures[r].image.height=t,this.textures[r].image.depth=n,this.textures[r].isData3DTexture!==!0&&(this.textures[r].isArrayTexture=this.textures[r].image.depth>1);this.dispose()}this.viewport.set(0,0,e,t),this.scissor.set(0,0,e,t)}clone(){return new this.constructor().copy(this)}copy(e){this.width=e.width,this.height=e.height,this.depth=e.depth,this.scissor.copy(e.scissor),this.scissorTest=e.scissorTest,this.viewport.copy(e.viewport),this.textures.length=0;for(let t=0,n=e.textures.length;t<n;t++){this.textures[t]=e.textures[t].clone(),this.textures[t].isRenderTargetTexture=!0,this.textures[t].renderTarget=this;let n=Object.assign({},e.textures[t].image);this.textures[t].source=new sl(n)}if(this.depthBuffer=e.depthBuffer,this.stencilBuffer=e.stencilBuffer,this.resolveColorBuffer=e.resolveColorBuffer,this.resolveDepthBuffer=e.resolveDepthBuffer,this.resolveStencilBuffer=e.resolveStencilBuffer,this.storeMultisampledColorBuffer=e.storeMultisampledColorBuffer,this.storeMultisampledDepthBuffer=e.storeMultisampledDepthBuffer,this.storeMultisampledStencilBuffer=e.storeMultisampledStencilBuffer,e.depthTexture!==null){if(e.depthTexture.renderTarget===e){let t=e.depthTexture.clone();t.renderTarget=null,this.depthTexture=t}else this.depthTexture=e.depthTexture}else this.depthTexture=null;return this.samples=e.samples,this.multiview=e.multiview,this.useArrayDepthTexture=e.useArrayDepthTexture,this}dispose(){this.dispatchEvent({type:`dispose`})}},ml=class extends pl{constructor(e=1,t=1,n={}){super(e,t,n),this.isWebGLRenderTarget=!0}},hl=class extends dl{constructor(e=null,t=1,n=1,r=1){super(null),this.isDataArrayTexture=!0,this.image={data:e,width:t,height:n,depth:r},this.magFilter=ns,this.minFilter=ns,this.wrapR=es,this.generateMipmaps=!1,this.flipY=!1,this.unpackAlignment=1,this.layerUpdates=new Set}copy(e){return super.copy(e),this.wrapR=e.wrapR,this}addLayerUpdate(e){this.layerUpdates.add(e)}clearLayerUpdates(){this.layerUpdates.clear()}},gl=class extends dl{constructor(e=null,t=1,n=1,r=1){super(null),this.isData3DTexture=!0,this.image={data:e,width:t,height:n,depth:r},this.magFilter=ns,this.minFilter=ns,this.wrapR=es,this.generateMipmaps=!1,this.flipY=!1,this.unpackAlignment=1}copy(e){return super.copy(e),this.wrapR=e.wrapR,this}},_l=class e{static{this.prototype.isMatrix4=!0}constructor(e,t,n,r,i,a,o,s,c,l,u,d,f,p,m,h){this.elements=[1,0,0,0,0,1,0,0,0,0,1,0,0,0,0,1],e!==void 0&&this.set(e,t,n,r,i,a,o,s,c,l,u,d,f,p,m,h)}set(e,t,n,r,i,a,o,s,c,l,u,d,f,p,m,h){let g=this.elements;return g[0]=e,g[4]=t,g[8]=n,g[12]=r,g[1]=i,g[5]=a,g[9]=o,g[13]=s,g[2]=c,g[6]=l,g[10]=u,g[14]=d,g[3]=f,g[7]=p,g[11]=m,g[15]=h,this}identity(){return this.set(1,0,0,0,0,1,0,0,0,0,1,0,0,0,0,1),this}clone(){return new e().fromArray(this.elements)}copy(e){let t=this.elements,n=e.elements;return t[0]=n[0],t[1]=n[1],t[2]=n[2],t[3]=n[3],t[4]=n[4],t[5]=n[5],t[6]=n[6],t[7]=n[7],t[8]=n[8],t[9]=n[9],t[10]=n[10],t[11]=n[11],t[12]=n[12],t[13]=n[13],t[14]=n[14],t[15]=n[15],this}copyPosition(e){let t=this.elements,n=e.elements;return t[12]=n[12],t[13]=n[13],t[14]=n[14],this}setFromMatrix3(e){let t=e.elements;return this.set(t[0],t[3],t[6],0,t[1],t[4],t[7],0,t[2],t[5],t[8],0,0,0,0,1),this}extractBasis(e,t,n){return this.determinantAffine()===0?(e.set(1,0,0),t.set(0,1,0),n.set(0,0,1),this):(e.setFromMatrixColumn(this,0),t.setFromMatrixColumn(this,1),n.setFromMatrixColumn(this,2),this)}makeBasis(e,t,n){return this.set(e.x,t.x,n.x,0,e.y,t.y,n.y,0,e.z,t.z,n.z,0,0,0,0,1),this}extractRotation(e){if(e.determinantAffine()===0)return this.identity();let t=this.elements,n=e.elements,r=1/vl.setFromMatrixColumn(e,0).length(),i=1/vl.setFromMatrixColumn(e,1).length(),a=1/vl.setFromMatrixColumn(e,2).length();return t[0]=n[0]*r,t[1]=n[1]*r,t[2]=n[2]*r,t[3]=0,t[4]=n[4]*i,t[5]=n[5]*i,t[6]=n[6]*i,t[7]=0,t[8]=n[8]*a,t[9]=n[9]*a,t[10]=n[10]*a,t[11]=0,t[12]=0,t[13]=0,t[14]=0,t[15]=1,this}makeRotationFromEuler(e){let t=this.elements,n=e.x,r=e.y,i=e.z,a=Math.cos(n),o=Math.sin(n),s=Math.cos(r),c=Math.sin(r),l=Math.cos(i),u=Math.sin(i);if(e.order===`XYZ`){let e=a*l,n=a*u,r=o*l,i=o*u;t[0]=s*l,t[4]=-s*u,t[8]=c,t[1]=n+r*c,t[5]=e-i*c,t[9]=-o*s,t[2]=i-e*c,t[6]=r+n*c,t[10]=a*s}else if(e.order===`YXZ`){let e=s*l,n=s*u,r=c*l,i=c*u;t[0]=e+i*o,t[4]=r*o-n,t[8]=a*c,t[1]=a*u,t[5]=a*l,t[9]=-o,t[2]=n*o-r,t[6]=i+e*o,t[10]=a*s}else if(e.order===`ZXY`){let e=s*l,n=s*u,r=c*l,i=c*u;t[0]=e-i*o,t[4]=-a*u,t[8]=r+n*o,t[1]=n+r*o,t[5]=a*l,t[9]=i-e*o,t[2]=-a*c,t[6]=o,t[10]=a*s}else if(e.order===`ZYX`){let e=a*l,n=a*u,r=o*l,i=o*u;t[0]=s*l,t[4]=r*c-n,t[8]=e*c+i,t[1]=s*u,t[5]=i*c+e,t[9]=n*c-r,t[2]=-c,t[6]=o*s,t[10]=a*s}else if(e.order===`YZX`){let e=a*s,n=a*c,r=o*s,i=o*c;t[0]=s*l,t[4]=i-e*u,t[8]=r*u+n,t[1]=u,t[5]=a*l,t[9]=-o*l,t[2]=-c*l,t[6]=n*u+r,t[10]=e-i*u}else if(e.order===`XZY`){let e=a*s,n=a*c,r=o*s,i=o*c;t[0]=s*l,t[4]=-u,t[8]=c*l,t[1]=e*u+i,t[5]=a*l,t[9]=n*u-r,t[2]=r*u-n,t[6]=o*l,t[10]=i*u+e}return t[3]=0,t[7]=0,t[11]=0,t[12]=0,t[13]=0,t[14]=0,t[15]=1,this}makeRotationFromQuaternion(e){return this.compose(bl,e,xl)}lookAt(e,t,n){let r=this.elements;return wl.subVectors(e,t),wl.lengthSq()===0&&(wl.z=1),wl.normalize(),Sl.crossVectors(n,wl),Sl.lengthSq()===0&&(Math.abs(n.z)===1?wl.x+=1e-4:wl.z+=1e-4,wl.normalize(),Sl.crossVectors(n,wl)),Sl.normalize(),Cl.crossVectors(wl,Sl),r[0]=Sl.x,r[4]=Cl.x,r[8]=wl.x,r[1]=Sl.y,r[5]=Cl.y,r[9]=wl.y,r[2]=Sl.z,r[6]=Cl.z,r[10]=wl.z,this}multiply(e){return this.multiplyMatrices(this,e)}premultiply(e){return this.multiplyMatrices(e,this)}multiplyMatrices(e,t){let n=e.elements,r=t.elements,i=this.elements,a=n[0],o=n[4],s=n[8],c=n[12],l=n[1],u=n[5],d=n[9],f=n[13],p=n[2],m=n[6],h=n[10],g=n[14],_=n[3],v=n[7],y=n[11],b=n[15],x=r[0],S=r[4],C=r[8],w=r[12],T=r[1],E=r[5],D=r[9],O=r[13],k=r[2],A=r[6],j=r[10],M=r[14],N=r[3],ee=r[7],te=r[11],P=r[15];return i[0]=a*x+o*T+s*k+c*N,i[4]=a*S+o*E+s*A+c*ee,i[8]=a*C+o*D+s*j+c*te,i[12]=a*w+o*O+s*M+c*P,i[1]=l*x+u*T+d*k+f*N,i[5]=l*S+u*E+d*A+f*ee,i[9]=l*C+u*D+d*j+f*te,i[13]=l*w+u*O+d*M+f*P,i[2]=p*x+m*T+h*k+g*N,i[6]=p*S+m*E+h*A+g*ee,i[10]=p*C+m*D+h*j+g*te,i[14]=p*w+m*O+h*M+g*P,i[3]=_*x+v*T+y*k+b*N,i[7]=_*S+v*E+y*A+b*ee,i[11]=_*C+v*D+y*j+b*te,i[15]=_*w+v*O+y*M+b*P,this}multiplyScalar(e){let t=this.elements;return t[0]*=e,t[4]*=e,t[8]*=e,t[12]*=e,t[1]*=e,t[5]*=e,t[9]*=e,t[13]*=e,t[2]*=e,t[6]*=e,t[10]*=e,t[14]*=e,t[3]*=e,t[7]*=e,t[11]*=e,t[15]*=e,this}determinant(){let e=this.elements,t=e[0],n=e[4],r=e[8],i=e[12],a=e[1],o=e[5],s=e[9],c=e[13],l=e[2],u=e[6],d=e[10],f=e[14],p=e[3],m=e[7],h=e[11],g=e[15],_=s*f-c*d,v=o*f-c*u,y=o*d-s*u,b=a*f-c*l,x=a*d-s*l,S=a*u-o*l;return t*(m*_-h*v+g*y)-n*(p*_-h*b+g*x)+r*(p*v-m*b+g*S)-i*(p*y-m*x+h*S)}determinantAffine(){let e=this.elements,t=e[0],n=e[4],r=e[8],i=e[1],a=e[5],o=e[9],s=e[2],c=e[6],l=e[10];return t*(a*l-o*c)-n*(i*l-o*s)+r*(i*c-a*s)}transpose(){let e=this.elements,t;return t=e[1],e[1]=e[4],e[4]=t,t=e[2],e[2]=e[8],e[8]=t,t=e[6],e[6]=e[9],e[9]=t,t=e[3],e[3]=e[12],e[12]=t,t=e[7],e[7]=e[13],e[13]=t,t=e[11],e[11]=e[14],e[14]=t,this}setPosition(e,t,n){let r=this.elements;return e.isVector3?(r[12]=e.x,r[13]=e.y,r[14]=e.z):(r[12]=e,r[13]=t,r[14]=n),this}invert(){let e=this.elements,t=e[0],n=e[1],r=e[2],i=e[3],a=e[4],o=e[5],s=e[6],c=e[7],l=e[8],u=e[9],d=e[10],f=e[11],p=e[12],m=e[13],h=e[14],g=e[15],_=t*o-n*a,v=t*s-r*a,y=t*c-i*a,b=n*s-r*o,x=n*c-i*o,S=r*c-i*s,C=l*m-u*p,w=l*h-d*p,T=l*g-f*p,E=u*h-d*m,D=u*g-f*m,O=d*g-f*h,k=_*O-v*D+y*E+b*T-x*w+S*C;if(k===0)return this.set(0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0);let A=1/k;return e[0]=(o*O-s*D+c*E)*A,e[1]=(r*D-n*O-i*E)*A,e[2]=(m*S-h*x+g*b)*A,e[3]=(d*x-u*S-f*b)*A,e[4]=(s*T-a*O-c*w)*A,e[5]=(t*O-r*T+i*w)*A,e[6]=(h*y-p*S-g*v)*A,e[7]=(l*S-d*y+f*v)*A,e[8]=(a*D-o*T+c*C)*A,e[9]=(n*T-t*D-i*C)*A,e[10]=(p*x-m*y+g*_)*A,e[11]=(u*y-l*x-f*_)*A,e[12]=(o*w-a*E-s*C)*A,e[13]=(t*E-n*w+r*C)*A,e[14]=(m*v-p*b-h*_)*A,e[15]=(l*b-u*v+d*_)*A,this}scale(e){let t=this.elements,n=e.x,r=e.y,i=e.z;return t[0]*=n,t[4]*=r,t[8]*=i,t[1]*=n,t[5]*=r,t[9]*=i,t[2]*=n,t[6]*=r,t[10]*=i,t[3]*=n,t[7]*=r,t[11]*=i,this}getMaxScaleOnAxis(){let e=this.elements,t=e[0]*e[0]+e[1]*e[1]+e[2]*e[2],n=e[4]*e[4]+e[5]*e[5]+e[6]*e[6],r=e[8]*e[8]+e[9]*e[9]+e[10]*e[10];return Math.sqrt(Math.max(t,n,r))}makeTranslation(e,t,n){return e.isVector3?this.set(1,0,0,e.x,0,1,0,e.y,0,0,1,e.z,0,0,0,1):this.set(1,0,0,e,0,1,0,t,0,0,1,n,0,0,0,1),this}makeRotationX(e){let t=Math.cos(e),n=Math.sin(e);return this.set(1,0,0,0,0,t,-n,0,0,n,t,0,0,0,0,1),this}makeRotationY(e){let t=Math.cos(e),n=Math.sin(e);return this.set(t,0,n,0,0,1,0,0,-n,0,t,0,0,0,0,1),this}makeRotationZ(e){let t=Math.cos(e),n=Math.sin(e);return this.set(t,-n,0,0,n,t,0,0,0,0,1,0,0,0,0,1),this}makeRotationAxis(e,t){let n=Math.cos(t),r=Math.sin(t),i=1-n,a=e.x,o=e.y,s=e.z,c=i*a,l=i*o;return this.set(c*a+n,c*o-r*s,c*s+r*o,0,c*o+r*s,l*o+n,l*s-r*a,0,c*s-r*o,l*s+r*a,i*s*s+n,0,0,0,0,1),this}makeScale(e,t,n){return this.set(e,0,0,0,0,t,0,0,0,0,n,0,0,0,0,1),this}makeShear(e,t,n,r,i,a){return this.set(1,n,i,0,e,1,a,0,t,r,1,0,0,0,0,1),this}compose(e,t,n){let r=this.elements,i=t._x,a=t._y,o=t._z,s=t._w,c=i+i,l=a+a,u=o+o,d=i*c,f=i*l,p=i*u,m=a*l,h=a*u,g=o*u,_=s*c,v=s*l,y=s*u,b=n.x,x=n.y,S=n.z;return r[0]=(1-(m+g))*b,r[1]=(f+y)*b,r[2]=(p-v)*b,r[3]=0,r[4]=(f-y)*x,r[5]=(1-(d+g))*x,r[6]=(h+_)*x,r[7]=0,r[8]=(p+v)*S,r[9]=(h-_)*S,r[10]=(1-(d+m))*S,r[11]=0,r[12]=e.x,r[13]=e.y,r[14]=e.z,r[15]=1,this}decompose(e,t,n){let r=this.elements;e.x=r[12],e.y=r[13],e.z=r[14];let i=this.determinantAffine();if(i===0)return n.set(1,1,1),t.identity(),this;let a=vl.set(r[0],r[1],r[2]).length(),o=vl.set(r[4],r[5],r[6]).length(),s=vl.set(r[8],r[9],r[10]).length();i<0&&(a=-a),yl.copy(this);let c=1/a,l=1/o,u=1/s;return yl.elements[0]*=c,yl.elements[1]*=c,yl.elements[2]*=c,yl.elements[4]*=l,yl.elements[5]*=l,yl.elements[6]*=l,yl.elements[8]*=u,yl.elements[9]*=u,yl.elements[10]*=u,t.setFromRotationMatrix(yl),n.x=a,n.y=o,n.z=s,this}makePerspective(e,t,n,r,i,a,o=Dc,s=!1){let c=this.elements,l=2*i/(t-e),u=2*i/(n-r),d=(t+e)/(t-e),f=(n+r)/(n-r),p,m;if(s)p=i/(a-i),m=a*i/(a-i);else if(o===2e3)p=-(a+i)/(a-i),m=-2*a*i/(a-i);else if(o===2001)p=-a/(a-i),m=-a*i/(a-i);else throw Error(`THREE.Matrix4.makePerspective(): Invalid coordinate system: `+o);return c[0]=l,c[4]=0,c[8]=d,c[12]=0,c[1]=0,c[5]=u,c[9]=f,c[13]=0,c[2]=0,c[6]=0,c[10]=p,c[14]=m,c[3]=0,c[7]=0,c[11]=-1,c[15]=0,this}makeOrthographic(e,t,n,r,i,a,o=Dc,s=!1){let c=this.elements,l=2/(t-e),u=2/(n-r),d=-(t+e)/(t-e),f=-(n+r)/(n-r),p,m;if(s)p=1/(a-i),m=a/(a-i);else if(o===2e3)p=-2/(a-i),m=-(a+i)/(a-i);else if(o===2001)p=-1/(a-i),m=-i/(a-i);else throw Error(`THREE.Matrix4.makeOrthographic(): Invalid coordinate system: `+o);return c[0]=l,c[4]=0,c[8]=0,c[12]=d,c[1]=0,c[5]=u,c[9]=0,c[13]=f,c[2]=0,c[6]=0,c[10]=p,c[14]=m,c[3]=0,c[7]=0,c[11]=0,c[15]=1,this}equals(e){let t=this.elements,n=e.elements;for(let e=0;e<16;e++)if(t[e]!==n[e])return!1;return!0}fromArray(e,t=0){for(let n=0;n<16;n++)this.elements[n]=e[n+t];return this}toArray(e=[],t=0){let n=this.elements;return e[t]=n[0],e[t+1]=n[1],e[t+2]=n[2],e[t+3]=n[3],e[t+4]=n[4],e[t+5]=n[5],e[t+6]=n[6],e[t+7]=n[7],e[t+8]=n[8],e[t+9]=n[9],e[t+10]=n[10],e[t+11]=n[11],e[t+12]=n[12],e[t+13]=n[13],e[t+14]=n[14],e[t+15]=n[15],e}},vl=new J,yl=new _l,bl=new J(0,0,0),xl=new J(1,1,1),Sl=new J,Cl=new J,wl=new J,Tl=new _l,El=new Yc,Dl=class e{constructor(t=0,n=0,r=0,i=e.DEFAULT_ORDER){this.isEuler=!0,this._x=t,this._y=n,this._z=r,this._order=i}get x(){return this._x}set x(e){this._x=e,this._onChangeCallback()}get y(){return this._y}set y(e){this._y=e,this._onChangeCallback()}get z(){return this._z}set z(e){this._z=e,this._onChangeCallback()}get order(){return this._order}set order(e){this._order=e,this._onChangeCallback()}set(e,t,n,r=this._order){return this._x=e,this._y=t,this._z=n,this._order=r,this._onChangeCallback(),this}clone(){return new this.constructor(this._x,this._y,this._z,this._order)}copy(e){return this._x=e._x,this._y=e._y,this._z=e._z,this._order=e._order,this._onChangeCallback(),this}setFromRotationMatrix(e,t=this._order,n=!0){let r=e.elements,i=r[0],a=r[4],o=r[8],s=r[1],c=r[5],l=r[9],u=r[2],d=r[6],f=r[10];switch(t){case`XYZ`:this._y=Math.asin(K(o,-1,1)),Math.abs(o)<.9999999?(this._x=Math.atan2(-l,f),this._z=Math.atan2(-a,i)):(this._x=Math.atan2(d,c),this._z=0);break;case`YXZ`:this._x=Math.asin(-K(l,-1,1)),Math.abs(l)<.9999999?(this._y=Math.atan2(o,f),this._z=Math.atan2(s,c)):(this._y=Math.atan2(-u,i),this._z=0);break;case`ZXY`:this._x=Math.asin(K(d,-1,1)),Math.abs(d)<.9999999?(this._y=Math.atan2(-u,f),this._z=Math.atan2(-a,c)):(this._y=0,this._z=Math.atan2(s,i));break;case`ZYX`:this._y=Math.asin(-K(u,-1,1)),Math.abs(u)<.9999999?(this._x=Math.atan2(d,f),this._z=Math.atan2(s,i)):(this._x=0,this._z=Math.atan2(-a,c));break;case`YZX`:this._z=Math.asin(K(s,-1,1)),Math.abs(s)<.9999999?(this._x=Math.atan2(-l,c),this._y=Math.atan2(-u,i)):(this._x=0,this._y=Math.atan2(o,f));break;case`XZY`:this._z=Math.asin(-K(a,-1,1)),Math.abs(a)<.9999999?(this._x=Math.atan2(d,c),this._y=Math.atan2(o,i)):(this._x=Math.atan2(-l,f),this._y=0);break;default:W(`Euler: .setFromRotationMatrix() encountered an unknown order: `+t)}return this._order=t,n===!0&&this._onChangeCallback(),this}setFromQuaternion(e,t,n){return Tl.makeRotationFromQuaternion(e),this.setFromRotationMatrix(Tl,t,n)}setFromVector3(e,t=this._order){return this.set(e.x,e.y,e.z,t)}reorder(e){return El.setFromEuler(this),this.setFromQuaternion(El,e)}equals(e){return e._x===this._x&&e._y===this._y&&e._z===this._z&&e._order===this._order}fromArray(e){return this._x=e[0],this._y=e[1],this._z=e[2],e[3]!==void 0&&(this._order=e[3]),this._onChangeCallback(),this}toArray(e=[],t=0){return e[t]=this._x,e[t+1]=this._y,e[t+2]=this._z,e[t+3]=this._order,e}_onChange(e){return this._onChangeCallback=e,this}_onChangeCallback(){}*[Symbol.iterator](){yield this._x,yield this._y,yield this._z,yield this._order}};Dl.DEFAULT_ORDER=`XYZ`;var Ol=class{constructor(){this.mask=1}set(e){this.mask=1<<e>>>0}enable(e){this.mask|=1<<e}enableAll(){this.mask=-1}toggle(e){this.mask^=1<<e}disable(e){this.mask&=~(1<<e)}disableAll(){this.mask=0}test(e){return(this.mask&e.mask)!==0}isEnabled(e){return!!(this.mask&1<<e)}},kl=0,Al=new J,jl=new Yc,Ml=new _l,Nl=new J,Pl=new J,Fl=new J,Il=new Yc,Ll=new J(1,0,0),Rl=new J(0,1,0),zl=new J(0,0,1),Bl={type:`added`},Vl={type:`removed`},Hl={type:`childadded`,child:null},Ul={type:`childremoved`,child:null},Wl=class e extends Rc{constructor(){super(),this.isObject3D=!0,Object.defineProperty(this,"id",{value:kl++}),this.uuid=Hc(),this.name=``,this.type=`Object3D`,this.parent=null,this.children=[],this.up=e.DEFAULT_UP.clone();let t=new J,n=new Dl,r=new Yc,i=new J(1,1,1);function a(){r.setFromEuler(n,!1)}function o(){n.setFromQuaternion(r,void 0,!1)}n._onChange(a),r._onChange(o),Object.defineProperties(this,{position:{configurable:!0,enumerable:!0,value:t},rotation:{configurable:!0,enumerable:!0,value:n},quaternion:{configurable:!0,enumerable:!0,value:r},scale:{configurable:!0,enumerable:!0,value:i},modelViewMatrix:{value:new _l},normalMatrix:{value:new Y}}),this.matrix=new _l,this.matrixWorld=new _l,this.matrixAutoUpdate=e.DEFAULT_MATRIX_AUTO_UPDATE,this.matrixWorldAutoUpdate=e.DEFAULT_MATRIX_WORLD_AUTO_UPDATE,this.matrixWorldNeedsUpdate=!1,this.layers=new Ol,this.visible=!0,this.castShadow=!1,this.receiveShadow=!1,this.frustumCulled=!0,this.renderOrder=0,this.animations=[],this.customDepthMaterial=void 0,this.customDistanceMaterial=void 0,this.static=!1,this.userData={},this.pivot=null}onBeforeShadow(){}onAfterShadow(){}onBeforeRender(){}onAfterRender(){}applyMatrix4(e){this.matrixAutoUpdate&&this.updateMatrix(),this.matrix.premultiply(e),this.matrix.decompose(this.position,this.quaternion,this.scale),this.pivot!==null&&this.position.copy(this.pivot).applyMatrix4(this.matrix).sub(this.pivot)}applyQuaternion(e){return this.quaternion.premultiply(e),this}setRotationFromAxisAngle(e,t){this.quaternion.setFromAxisAngle(e,t)}setRotationFromEuler(e){this.quaternion.setFromEuler(e,!0)}setRotationFromMatrix(e){this.quaternion.setFromRotationMatrix(e)}setRotationFromQuaternion(e){this.quaternion.copy(e)}rotateOnAxis(e,t){return jl.setFromAxisAngle(e,t),this.quaternion.multiply(jl),this}rotateOnWorldAxis(e,t){return jl.setFromAxisAngle(e,t),this.quaternion.premultiply(jl),this}rotateX(e){return this.rotateOnAxis(Ll,e)}rotateY(e){return this.rotateOnAxis(Rl,e)}rotateZ(e){return this.rotateOnAxis(zl,e)}translateOnAxis(e,t){return Al.copy(e).applyQuaternion(this.quaternion),this.position.add(Al.multiplyScalar(t)),this}translateX(e){return this.translateOnAxis(Ll,e)}translateY(e){return this.translateOnAxis(Rl,e)}translateZ(e){return this.translateOnAxis(zl,e)}localToWorld(e){return this.updateWorldMatrix(!0,!1),e.applyMatrix4(this.matrixWorld)}worldToLocal(e){return this.updateWorldMatrix(!0,!1),e.applyMatrix4(Ml.copy(this.matrixWorld).invert())}lookAt(e,t,n){e.isVector3?Nl.copy(e):Nl.set(e,t,n);let r=this.parent;this.updateWorldMatrix(!0,!1),Pl.setFromMatrixPosition(this.matrixWorld),this.isCamera||this.isLight?Ml.lookAt(Pl,Nl,this.up):Ml.lookAt(Nl,Pl,this.up),this.quaternion.setFromRotationMatrix(Ml),r&&(Ml.extractRotation(r.matrixWorld),jl.setFromRotationMatrix(Ml),this.quaternion.premultiply(jl.invert()))}add(e){if(arguments.length>1){for(let e=0;e<arguments.length;e++)this.add(arguments[e]);return this}return e===this?(G(`Object3D.add: object can't be added as a child of itself.`,e),this):(e&&e.isObject3D?(e.removeFromParent(),e.parent=this,this.children.push(e),e.dispatchEvent(Bl),Hl.child=e,this.dispatchEvent(Hl),Hl.child=null):G(`Object3D.add: object not an instance of THREE.Object3D.`,e),this)}remove(e){if(arguments.length>1){for(let e=0;e<arguments.length;e++)this.remove(arguments[e]);return this}let t=this.children.indexOf(e);return t!==-1&&(e.parent=null,this.children.splice(t,1),e.dispatchEvent(Vl),Ul.child=e,this.dispatchEvent(Ul),Ul.child=null),this}removeFromParent(){let e=this.parent;return e!==null&&e.remove(this),this}clear(){return this.remove(...this.children)}attach(e){return this.updateWorldMatrix(!0,!1),Ml.copy(this.matrixWorld).invert(),e.parent!==null&&(e.parent.updateWorldMatrix(!0,!1),Ml.multiply(e.parent.matrixWorld)),e.applyMatrix4(Ml),e.removeFromParent(),e.parent=this,this.children.push(e),e.updateWorldMatrix(!1,!0),e.dispatchEvent(Bl),Hl.child=e,this.dispatchEvent(Hl),Hl.child=null,this}getObjectById(e){return this.getObjectByProperty(`id`,e)}getObjectByName(e){return this.getObjectByProperty(`name`,e)}getObjectByProperty(e,t){if(this[e]===t)return this;for(let n=0,r=this.children.length;n<r;n++){let r=this.children[n].getObjectByProperty(e,t);if(r!==void 0)return r}}getObjectsByProperty(e,t,n=[]){this[e]===t&&n.push(this);let r=this.children;for(let i=0,a=r.length;i<a;i++)r[i].getObjectsByProperty(e,t,n);return n}getWorldPosition(e){return this.updateWorldMatrix(!0,!1),e.setFromMatrixPosition(this.matrixWorld)}getWorldQuaternion(e){return this.updateWorldMatrix(!0,!1),this.matrixWorld.decompose(Pl,e,Fl),e}getWorldScale(e){return this.updateWorldMatrix(!0,!1),this.matrixWorld.decompose(Pl,Il,e),e}getWorldDirection(e){this.updateWorldMatrix(!0,!1);let t=this.matrixWorld.elements;return e.set(t[8],t[9],t[10]).normalize()}raycast(){}intersectsFrustum(){return!0}traverse(e){e(this);let t=this.children;for(let n=0,r=t.length;n<r;n++)t[n].traverse(e)}traverseVisible(e){if(this.visible===!1)return;e(this);let t=this.children;for(let n=0,r=t.length;n<r;n++)t[n].traverseVisible(e)}traverseAncestors(e){let t=this.parent;t!==null&&(e(t),t.traverseAncestors(e))}updateMatrix(){this.matrix.compose(this.position,this.quaternion,this.scale);let e=this.pivot;if(e!==null){let t=e.x,n=e.y,r=e.z,i=this.matrix.elements;i[12]+=t-i[0]*t-i[4]*n-i[8]*r,i[13]+=n-i[1]*t-i[5]*n-i[9]*r,i[14]+=r-i[2]*t-i[6]*n-i[10]*r}this.matrixWorldNeedsUpdate=!0}updateMatrixWorld(e){this.matrixAutoUpdate&&this.updateMatrix(),(this.matrixWorldNeedsUpdate||e)&&(this.matrixWorldAutoUpdate===!0&&(this.parent===null?this.matrixWorld.copy(this.matrix):this.matrixWorld.multiplyMatrices(this.parent.matrixWorld,this.matrix)),this.matrixWorldNeedsUpdate=!1,e=!0);let t=this.children;for(let n=0,r=t.length;n<r;n++)t[n].updateMatrixWorld(e)}updateWorldMatrix(e,t,n=!1){let r=this.parent;if(e===!0&&r!==null&&r.updateWorldMatrix(!0,!1),this.matrixAutoUpdate&&this.updateMatrix(),(this.matrixWorldNeedsUpdate||n)&&(this.matrixWorldAutoUpdate===!0&&(this.parent===null?this.matrixWorld.copy(this.matrix):this.matrixWorld.multiplyMatrices(this.parent.matrixWorld,this.matrix)),this.matrixWorldNeedsUpdate=!1,n=!0),t===!0){let e=this.children;for(let t=0,r=e.length;t<r;t++)e[t].updateWorldMatrix(!1,!0,n)}}toJSON(e){let t=e===void 0||typeof e==`string`,n={};t&&(e={geometries:{},materials:{},textures:{},images:{},shapes:{},skeletons:{},animations:{},nodes:{}},n.metadata={version:4.7,type:`Object`,generator:`Object3D.toJSON`});let r={};r.uuid=this.uuid,r.type=this.type,r.name=this.name,r.castShadow=this.castShadow,r.receiveShadow=this.receiveShadow,r.visible=this.visible,r.frustumCulled=this.frustumCulled,r.renderOrder=this.renderOrder,r.static=this.static,r.matrixAutoUpdate=this.matrixAutoUpdate,Object.keys(this.userData).length>0&&(r.userData=this.userData),r.layers=this.layers.mask,r.matrix=this.matrix.toArray(),r.up=this.up.toArray(),this.pivot!==null&&(r.pivot=this.pivot.toArray()),this.morphTargetDictionary!==void 0&&(r.morphTargetDictionary=Object.assign({},this.morphTargetDictionary)),this.morphTargetInfluences!==void 0&&(r.morphTargetInfluences=this.morphTargetInfluences.slice()),this.isInstancedMesh&&(r.type=`InstancedMesh`,r.count=this.count,r.instanceMatrix=this.instanceMatrix.toJSON(),this.instanceColor!==null&&(r.instanceColor=this.instanceColor.toJSON())),this.isBatchedMesh&&(r.type=`BatchedMesh`,r.perObjectFrustumCulled=this.perObjectFrustumCulled,r.sortObjects=this.sortObjects,r.drawRanges=this._drawRanges,r.reservedRanges=this._reservedRanges,r.geometryInfo=this._geometryInfo.map(e=>({...e,boundingBox:e.boundingBox?e.boundingBox.toJSON():void 0,boundingSphere:e.boundingSphere?e.boundingSphere.toJSON():void 0})),r.instanceInfo=this._instanceInfo.map(e=>({...e})),r.availableInstanceIds=this._availableInstanceIds.slice(),r.availableGeometryIds=this._availableGeometryIds.slice(),r.nextIndexStart=this._nextIndexStart,r.nextVertexStart=this._nextVertexStart,r.geometryCount=this._geometryCount,r.maxInstanceCount=this._maxInstanceCount,r.maxVertexCount=this._maxVertexCount,r.maxIndexCount=this._maxIndexCount,r.geometryInitialized=this._geometryInitialized,r.matricesTexture=this._matricesTexture.toJSON(e),r.indirectTexture=this._indirectTexture.toJSON(e),this._colorsTexture!==null&&(r.colorsTexture=this._colorsTexture.toJSON(e)),this.boundingSphere!==null&&(r.boundingSphere=this.boundingSphere.toJSON()),this.boundingBox!==null&&(r.boundingBox=this.boundingBox.toJSON()));function i(t,n){return t[n.uuid]===void 0&&(t[n.uuid]=n.toJSON(e)),n.uuid}if(this.isScene)this.background&&(this.background.isColor?r.background=this.background.toJSON():this.background.isTexture&&(r.background=this.background.toJSON(e).uuid)),this.environment&&this.environment.isTexture&&this.environment.isRenderTargetTexture!==!0&&(r.environment=this.environment.toJSON(e).uuid);else if(this.isMesh||this.isLine||this.isPoints){r.geometry=i(e.geometries,this.geometry);let t=this.geometry.parameters;if(t!==void 0&&t.shapes!==void 0){let n=t.shapes;if(Array.isArray(n))for(let t=0,r=n.length;t<r;t++){let r=n[t];i(e.shapes,r)}else i(e.shapes,n)}}if(this.isSkinnedMesh&&(r.bindMode=this.bindMode,r.bindMatrix=this.bindMatrix.toArray(),this.skeleton!==void 0&&(i(e.skeletons,this.skeleton),r.skeleton=this.skeleton.uuid)),this.material!==void 0){if(Array.isArray(this.material)){let t=[];for(let n=0,r=this.material.length;n<r;n++)t.push(i(e.materials,this.material[n]));r.material=t}else r.material=i(e.materials,this.material)}if(this.children.length>0){r.children=[];for(let t=0;t<this.children.length;t++)r.children.push(this.children[t].toJSON(e).object)}if(this.animations.length>0){r.animations=[];for(let t=0;t<this.animations.length;t++){let n=this.animations[t];r.animations.push(i(e.animations,n))}}if(t){let t=a(e.geometries),r=a(e.materials),i=a(e.textures),o=a(e.images),s=a(e.shapes),c=a(e.skeletons),l=a(e.animations),u=a(e.nodes);t.length>0&&(n.geometries=t),r.length>0&&(n.materials=r),i.length>0&&(n.textures=i),o.length>0&&(n.images=o),s.length>0&&(n.shapes=s),c.length>0&&(n.skeletons=c),l.length>0&&(n.animations=l),u.length>0&&(n.nodes=u)}return n.object=r,n;function a(e){let t=[];for(let n in e){let r=e[n];delete r.metadata,t.push(r)}return t}}clone(e){return new this.constructor().copy(this,e)}copy(e,t=!0){if(this.name=e.name,this.up.copy(e.up),this.position.copy(e.position),this.rotation.order=e.rotation.order,this.quaternion.copy(e.quaternion),this.scale.copy(e.scale),this.pivot=e.pivot===null?null:e.pivot.clone(),this.matrix.copy(e.matrix),this.matrixWorld.copy(e.matrixWorld),this.matrixAutoUpdate=e.matrixAutoUpdate,this.matrixWorldAutoUpdate=e.matrixWorldAutoUpdate,this.matrixWorldNeedsUpdate=e.matrixWorldNeedsUpdate,this.layers.mask=e.layers.mask,this.visible=e.visible,this.castShadow=e.castShadow,this.receiveShadow=e.receiveShadow,this.frustumCulled=e.frustumCulled,this.renderOrder=e.renderOrder,this.static=e.static,this.animations=e.animations.slice(),this.userData=JSON.parse(JSON.stringify(e.userData)),t===!0)for(let t=0;t<e.children.length;t++){let n=e.children[t];this.add(n.clone())}return this}dispose(){this.dispatchEvent({type:`dispose`})}};Wl.DEFAULT_UP=new J(0,1,0),Wl.DEFAULT_MATRIX_AUTO_UPDATE=!0,Wl.DEFAULT_MATRIX_WORLD_AUTO_UPDATE=!0;var Gl=class extends Wl{constructor(){super(),this.isGroup=!0,this.type=`Group`}},Kl={type:`move`},ql=class{constructor(){this._targetRay=null,this._grip=null,this._hand=null}getHandSpace(){return this._hand===null&&(this._hand=new Gl,this._hand.matrixAutoUpdate=!1,this._hand.visible=!1,this._hand.joints={},this._hand.inputState={pinching:!1}),this._hand}getTargetRaySpace(){return this._targetRay===null&&(this._targetRay=new Gl,this._targetRay.matrixAutoUpdate=!1,this._targetRay.visible=!1,this._targetRay.hasLinearVelocity=!1,this._targetRay.linearVelocity=new J,this._targetRay.hasAngularVelocity=!1,this._targetRay.angularVelocity=new J),this._targetRay}getGripSpace(){return this._grip===null&&(this._grip=new Gl,this._grip.matrixAutoUpdate=!1,this._grip.visible=!1,this._grip.hasLinearVelocity=!1,this._grip.linearVelocity=new J,this._grip.hasAngularVelocity=!1,this._grip.angularVelocity=new J,this._grip.eventsEnabled=!1),this._grip}dispatchEvent(e){return this._targetRay!==null&&this._targetRay.dispatchEvent(e),this._grip!==null&&this._grip.dispatchEvent(e),this._hand!==null&&this._hand.dispatchEvent(e),this}connect(e){if(e&&e.hand){let t=this._hand;if(t)for(let n of e.hand.values())this._getHandJoint(t,n)}return this.dispatchEvent({type:`connected`,data:e}),this}disconnect(e){return this.dispatchEvent({type:`disconnected`,data:e}),this._targetRay!==null&&(this._targetRay.visible=!1),this._grip!==null&&(this._grip.visible=!1),this._hand!==null&&(this._hand.visible=!1),this}update(e,t,n){let r=null,i=null,a=null,o=this._targetRay,s=this._grip,c=this._hand;if(e&&t.session.visibilityState!==`visible-blurred`){if(c&&e.hand){a=!0;for(let r of e.hand.values()){let e=t.getJointPose(r,n),i=this._getHandJoint(c,r);e!==null&&(i.matrix.fromArray(e.transform.matrix),i.matrix.decompose(i.position,i.quaternion,i.scale),i.matrixWorldNeedsUpdate=!0,i.jointRadius=e.radius),i.visible=e!==null}let r=c.joints[`index-finger-tip`],i=c.joints[`thumb-tip`],o=r.position.distanceTo(i.position);c.inputState.pinching&&o>.025?(c.inputState.pinching=!1,this.dispatchEvent({type:`pinchend`,handedness:e.handedness,target:this})):!c.inputState.pinching&&o<=.015&&(c.inputState.pinching=!0,this.dispatchEvent({type:`pinchstart`,handedness:e.handedness,target:this}))}else s!==null&&e.gripSpace&&(i=t.getPose(e.gripSpace,n),i!==null&&(s.matrix.fromArray(i.transform.matrix),s.matrix.decompose(s.position,s.quaternion,s.scale),s.matrixWorldNeedsUpdate=!0,i.linearVelocity?(s.hasLinearVelocity=!0,s.linearVelocity.copy(i.linearVelocity)):s.hasLinearVelocity=!1,i.angularVelocity?(s.hasAngularVelocity=!0,s.angularVelocity.copy(i.angularVelocity)):s.hasAngularVelocity=!1,s.eventsEnabled&&s.dispatchEvent({type:`gripUpdated`,data:e,target:this})));o!==null&&(r=t.getPose(e.targetRaySpace,n),r===null&&i!==null&&(r=i),r!==null&&(o.matrix.fromArray(r.transform.matrix),o.matrix.decompose(o.position,o.quaternion,o.scale),o.matrixWorldNeedsUpdate=!0,r.linearVelocity?(o.hasLinearVelocity=!0,o.linearVelocity.copy(r.linearVelocity)):o.hasLinearVelocity=!1,r.angularVelocity?(o.hasAngularVelocity=!0,o.angularVelocity.copy(r.angularVelocity)):o.hasAngularVelocity=!1,this.dispatchEvent(Kl)))}return o!==null&&(o.visible=r!==null),s!==null&&(s.visible=i!==null),c!==null&&(c.visible=a!==null),this}_getHandJoint(e,t){if(e.joints[t.jointName]===void 0){let n=new Gl;n.matrixAutoUpdate=!1,n.visible=!1,e.joints[t.jointName]=n,e.add(n)}return e.joints[t.jointName]}},Jl={aliceblue:15792383,antiquewhite:16444375,aqua:65535,aquamarine:8388564,azure:15794175,beige:16119260,bisque:16770244,black:0,blanchedalmond:16772045,blue:255,blueviolet:9055202,brown:10824234,burlywood:14596231,cadetblue:6266528,chartreuse:8388352,chocolate:13789470,coral:16744272,cornflowerblue:6591981,cornsilk:16775388,crimson:14423100,cyan:65535,darkblue:139,darkcyan:35723,darkgoldenrod:12092939,darkgray:11119017,darkgreen:25600,darkgrey:11119017,darkkhaki:12433259,darkmagenta:9109643,darkolivegreen:5597999,darkorange:16747520,darkorchid:10040012,darkred:9109504,darksalmon:15308410,darkseagreen:9419919,darkslateblue:4734347,darkslategray:3100495,darkslategrey:3100495,darkturquoise:52945,darkviolet:9699539,deeppink:16716947,deepskyblue:49151,dimgray:6908265,dimgrey:6908265,dodgerblue:2003199,firebrick:11674146,floralwhite:16775920,forestgreen:2263842,fuchsia:16711935,gainsboro:14474460,ghostwhite:16316671,gold:16766720,goldenrod:14329120,gray:8421504,green:32768,greenyellow:11403055,grey:8421504,honeydew:15794160,hotpink:16738740,indianred:13458524,indigo:4915330,ivory:16777200,khaki:15787660,lavender:15132410,lavenderblush:16773365,lawngreen:8190976,lemonchiffon:16775885,lightblue:11393254,lightcoral:15761536,lightcyan:14745599,lightgoldenrodyellow:16448210,lightgray:13882323,lightgreen:9498256,lightgrey:13882323,lightpink:16758465,lightsalmon:16752762,lightseagreen:2142890,lightskyblue:8900346,lightslategray:7833753,lightslategrey:7833753,lightsteelblue:11584734,lightyellow:16777184,lime:65280,limegreen:3329330,linen:16445670,magenta:16711935,maroon:8388608,mediumaquamarine:6737322,mediumblue:205,mediumorchid:12211667,mediumpurple:9662683,mediumseagreen:3978097,mediumslateblue:8087790,mediumspringgreen:64154,mediumturquoise:4772300,mediumvioletred:13047173,midnightblue:1644912,mintcream:16121850,mistyrose:16770273,moccasin:16770229,navajowhite:16768685,navy:128,oldlace:16643558,olive:8421376,olivedrab:7048739,orange:16753920,orangered:16729344,orchid:14315734,palegoldenrod:15657130,palegreen:10025880,paleturquoise:11529966,palevioletred:14381203,papayawhip:16773077,peachpuff:16767673,peru:13468991,pink:16761035,plum:14524637,powderblue:11591910,purple:8388736,rebeccapurple:6697881,red:16711680,rosybrown:12357519,royalblue:4286945,saddlebrown:9127187,salmon:16416882,sandybrown:16032864,seagreen:3050327,seashell:16774638,sienna:10506797,silver:12632256,skyblue:8900331,slateblue:6970061,slategray:7372944,slategrey:7372944,snow:16775930,springgreen:65407,steelblue:4620980,tan:13808780,teal:32896,thistle:14204888,tomato:16737095,turquoise:4251856,violet:15631086,wheat:16113331,white:16777215,whitesmoke:16119285,yellow:16776960,yellowgreen:10145074},Yl={h:0,s:0,l:0},Xl={h:0,s:0,l:0};function Zl(e,t,n){return n<0&&(n+=1),n>1&&--n,n<1/6?e+(t-e)*6*n:n<1/2?t:n<2/3?e+(t-e)*6*(2/3-n):e}var Z=class{constructor(e,t,n){return this.isColor=!0,this.r=1,this.g=1,this.b=1,this.set(e,t,n)}set(e,t,n){if(t===void 0&&n===void 0){let t=e;t&&t.isColor?this.copy(t):typeof t==`number`?this.setHex(t):typeof t==`string`&&this.setStyle(t)}else this.setRGB(e,t,n);return this}setScalar(e){return this.r=e,this.g=e,this.b=e,this}setHex(e,t=xc){return e=Math.floor(e),this.r=(e>>16&255)/255,this.g=(e>>8&255)/255,this.b=(e&255)/255,X.colorSpaceToWorking(this,t),this}setRGB(e,t,n,r=X.workingColorSpace){return this.r=e,this.g=t,this.b=n,X.colorSpaceToWorking(this,r),this}setHSL(e,t,n,r=X.workingColorSpace){if(e=Uc(e,1),t=K(t,0,1),n=K(n,0,1),t===0)this.r=this.g=this.b=n;else{let r=n<=.5?n*(1+t):n+t-n*t,i=2*n-r;this.r=Zl(i,r,e+1/3),this.g=Zl(i,r,e),this.b=Zl(i,r,e-1/3)}return X.colorSpaceToWorking(this,r),this}setStyle(e,t=xc){function n(t){t!==void 0&&parseFloat(t)<1&&W(`Color: Alpha component of `+e+` will be ignored.`)}let r;if(r=/^(\w+)\(([^\)]*)\)/.exec(e)){let i,a=r[1],o=r[2];switch(a){case`rgb`:case`rgba`:if(i=/^\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*(?:,\s*(\d+(?:\.\d+)?|\.\d+)\s*)?$/.exec(o))return n(i[4]),this.setRGB(Math.min(255,parseInt(i[1],10))/255,Math.min(255,parseInt(i[2],10))/255,Math.min(255,parseInt(i[3],10))/255,t);if(i=/^\s*(\d+(?:\.\d+)?|\.\d+)\%\s*,\s*(\d+(?:\.\d+)?|\.\d+)\%\s*,\s*(\d+(?:\.\d+)?|\.\d+)\%\s*(?:,\s*(\d+(?:\.\d+)?|\.\d+)\s*)?$/.exec(o))return n(i[4]),this.setRGB(Math.min(100,parseFloat(i[1]))/100,Math.min(100,parseFloat(i[2]))/100,Math.min(100,parseFloat(i[3]))/100,t);break;case`hsl`:case`hsla`:if(i=/^\s*([+-]?(?:\d+(?:\.\d+)?|\.\d+))\s*,\s*(\d+(?:\.\d+)?|\.\d+)\%\s*,\s*(\d+(?:\.\d+)?|\.\d+)\%\s*(?:,\s*(\d+(?:\.\d+)?|\.\d+)\s*)?$/.exec(o))return n(i[4]),this.setHSL(parseFloat(i[1])/360,parseFloat(i[2])/100,parseFloat(i[3])/100,t);break;default:W(`Color: Unknown color model `+e)}}else if(r=/^\#([A-Fa-f\d]+)$/.exec(e)){let n=r[1],i=n.length;if(i===3)return this.setRGB(parseInt(n.charAt(0),16)/15,parseInt(n.charAt(1),16)/15,parseInt(n.charAt(2),16)/15,t);if(i===6)return this.setHex(parseInt(n,16),t);W(`Color: Invalid hex color `+e)}else if(e&&e.length>0)return this.setColorName(e,t);return this}setColorName(e,t=xc){let n=Jl[e.toLowerCase()];return n===void 0?W(`Color: Unknown color `+e):this.setHex(n,t),this}clone(){return new this.constructor(this.r,this.g,this.b)}copy(e){return this.r=e.r,this.g=e.g,this.b=e.b,this}copySRGBToLinear(e){return this.r=nl(e.r),this.g=nl(e.g),this.b=nl(e.b),this}copyLinearToSRGB(e){return this.r=rl(e.r),this.g=rl(e.g),this.b=rl(e.b),this}convertSRGBToLinear(){return this.copySRGBToLinear(this),this}convertLinearToSRGB(){return this.copyLinearToSRGB(this),this}getHex(e=xc){return X.workingToColorSpace(Ql.copy(this),e),Math.round(K(Ql.r*255,0,255))*65536+Math.round(K(Ql.g*255,0,255))*256+Math.round(K(Ql.b*255,0,255))}getHexString(e=xc){return(`000000`+this.getHex(e).toString(16)).slice(-6)}getHSL(e,t=X.workingColorSpace){X.workingToColorSpace(Ql.copy(this),t);let n=Ql.r,r=Ql.g,i=Ql.b,a=Math.max(n,r,i),o=Math.min(n,r,i),s,c,l=(o+a)/2;if(o===a)s=0,c=0;else{let e=a-o;switch(c=l<=.5?e/(a+o):e/(2-a-o),a){case n:s=(r-i)/e+(r<i?6:0);break;case r:s=(i-n)/e+2;break;case i:s=(n-r)/e+4}s/=6}return e.h=s,e.s=c,e.l=l,e}getRGB(e,t=X.workingColorSpace){return X.workingToColorSpace(Ql.copy(this),t),e.r=Ql.r,e.g=Ql.g,e.b=Ql.b,e}getStyle(e=xc){X.workingToColorSpace(Ql.copy(this),e);let t=Ql.r,n=Ql.g,r=Ql.b;return e===`srgb`?`rgb(${Math.round(t*255)},${Math.round(n*255)},${Math.round(r*255)})`:`color(${e} ${t.toFixed(3)} ${n.toFixed(3)} ${r.toFixed(3)})`}offsetHSL(e,t,n){return this.getHSL(Yl),this.setHSL(Yl.h+e,Yl.s+t,Yl.l+n)}add(e){return this.r+=e.r,this.g+=e.g,this.b+=e.b,this}addColors(e,t){return this.r=e.r+t.r,this.g=e.g+t.g,this.b=e.b+t.b,this}addScalar(e){return this.r+=e,this.g+=e,this.b+=e,this}sub(e){return this.r=Math.max(0,this.r-e.r),this.g=Math.max(0,this.g-e.g),this.b=Math.max(0,this.b-e.b),this}multiply(e){return this.r*=e.r,this.g*=e.g,this.b*=e.b,this}multiplyScalar(e){return this.r*=e,this.g*=e,this.b*=e,this}lerp(e,t){return this.r+=(e.r-this.r)*t,this.g+=(e.g-this.g)*t,this.b+=(e.b-this.b)*t,this}lerpColors(e,t,n){return this.r=e.r+(t.r-e.r)*n,this.g=e.g+(t.g-e.g)*n,this.b=e.b+(t.b-e.b)*n,this}lerpHSL(e,t){this.getHSL(Yl),e.getHSL(Xl);let n=Wc(Yl.h,Xl.h,t),r=Wc(Yl.s,Xl.s,t),i=Wc(Yl.l,Xl.l,t);return this.setHSL(n,r,i),this}setFromVector3(e){return this.r=e.x,this.g=e.y,this.b=e.z,this}applyMatrix3(e){let t=this.r,n=this.g,r=this.b,i=e.elements;return this.r=i[0]*t+i[3]*n+i[6]*r,this.g=i[1]*t+i[4]*n+i[7]*r,this.b=i[2]*t+i[5]*n+i[8]*r,this}equals(e){return e.r===this.r&&e.g===this.g&&e.b===this.b}fromArray(e,t=0){return this.r=e[t],this.g=e[t+1],this.b=e[t+2],this}toArray(e=[],t=0){return e[t]=this.r,e[t+1]=this.g,e[t+2]=this.b,e}fromBufferAttribute(e,t){return this.r=e.getX(t),this.g=e.getY(t),this.b=e.getZ(t),this}toJSON(){return this.getHex()}*[Symbol.iterator](){yield this.r,yield this.g,yield this.b}},Ql=new Z;Z.NAMES=Jl;var $l=class extends Wl{constructor(){super(),this.isScene=!0,this.type=`Scene`,this.background=null,this.environment=null,this.fog=null,this.backgroundBlurriness=0,this.backgroundIntensity=1,this.backgroundRotation=new Dl,this.environmentIntensity=1,this.environmentRotation=new Dl,this.overrideMaterial=null,typeof __THREE_DEVTOOLS__<`u`&&__THREE_DEVTOOLS__.dispatchEvent(new CustomEvent(`observe`,{detail:this}))}copy(e,t){return super.copy(e,t),this.background=e.background===null?null:e.background.clone(),this.environment=e.environment===null?null:e.environment.clone(),this.fog=e.fog===null?null:e.fog.clone(),this.backgroundBlurriness=e.backgroundBlurriness,this.backgroundIntensity=e.backgroundIntensity,this.backgroundRotation.copy(e.backgroundRotation),this.environmentIntensity=e.environmentIntensity,this.environmentRotation.copy(e.environmentRotation),this.overrideMaterial=e.overrideMaterial===null?null:e.overrideMaterial.clone(),this.matrixAutoUpdate=e.matrixAutoUpdate,this}toJSON(e){let t=super.toJSON(e);return this.fog!==null&&(t.object.fog=this.fog.toJSON()),t.object.backgroundBlurriness=this.backgroundBlurriness,t.object.backgroundIntensity=this.backgroundIntensity,t.object.backgroundRotation=this.backgroundRotation.toArray(),t.object.environmentIntensity=this.environmentIntensity,t.object.environmentRotation=this.environmentRotation.toArray(),t}},eu=new J,tu=new J,nu=new J,ru=new J,iu=new J,au=new J,ou=new J,su=new J,cu=new J,lu=new J,uu=new fl,du=new fl,fu=new fl,pu=class e{constructor(e=new J,t=new J,n=new J){this.a=e,this.b=t,this.c=n}static getNormal(e,t,n,r){r.subVectors(n,t),eu.subVectors(e,t),r.cross(eu);let i=r.lengthSq();return i>0?r.multiplyScalar(1/Math.sqrt(i)):r.set(0,0,0)}static getBarycoord(e,t,n,r,i){eu.subVectors(r,t),tu.subVectors(n,t),nu.subVectors(e,t);let a=eu.dot(eu),o=eu.dot(tu),s=eu.dot(nu),c=tu.dot(tu),l=tu.dot(nu),u=a*c-o*o;if(u===0)return i.set(0,0,0),null;let d=1/u,f=(c*s-o*l)*d,p=(a*l-o*s)*d;return i.set(1-f-p,p,f)}static containsPoint(e,t,n,r){return this.getBarycoord(e,t,n,r,ru)!==null&&ru.x>=0&&ru.y>=0&&ru.x+ru.y<=1}static getInterpolation(e,t,n,r,i,a,o,s){return this.getBarycoord(e,t,n,r,ru)===null?(s.x=0,s.y=0,`z`in s&&(s.z=0),`w`in s&&(s.w=0),null):(s.setScalar(0),s.addScaledVector(i,ru.x),s.addScaledVector(a,ru.y),s.addScaledVector(o,ru.z),s)}static getInterpolatedAttribute(e,t,n,r,i,a){return uu.setScalar(0),du.setScalar(0),fu.setScalar(0),uu.fromBufferAttribute(e,t),du.fromBufferAttribute(e,n),fu.fromBufferAttribute(e,r),a.setScalar(0),a.addScaledVector(uu,i.x),a.addScaledVector(du,i.y),a.addScaledVector(fu,i.z),a}static isFrontFacing(e,t,n,r){return eu.subVectors(n,t),tu.subVectors(e,t),eu.cross(tu).dot(r)<0}set(e,t,n){return this.a.copy(e),this.b.copy(t),this.c.copy(n),this}setFromPointsAndIndices(e,t,n,r){return this.a.copy(e[t]),this.b.copy(e[n]),this.c.copy(e[r]),this}setFromAttributeAndIndices(e,t,n,r){return this.a.fromBufferAttribute(e,t),this.b.fromBufferAttribute(e,n),this.c.fromBufferAttribute(e,r),this}clone(){return new this.constructor().copy(this)}copy(e){return this.a.copy(e.a),this.b.copy(e.b),this.c.copy(e.c),this}getArea(){return eu.subVectors(this.c,this.b),tu.subVectors(this.a,this.b),eu.cross(tu).length()*.5}getMidpoint(e){return e.addVectors(this.a,this.b).add(this.c).multiplyScalar(1/3)}getNormal(t){return e.getNormal(this.a,this.b,this.c,t)}getPlane(e){return e.setFromCoplanarPoints(this.a,this.b,this.c)}getBarycoord(t,n){return e.getBarycoord(t,this.a,this.b,this.c,n)}getInterpolation(t,n,r,i,a){return e.getInterpolation(t,this.a,this.b,this.c,n,r,i,a)}containsPoint(t){return e.containsPoint(t,this.a,this.b,this.c)}isFrontFacing(t){return e.isFrontFacing(this.a,this.b,this.c,t)}intersectsBox(e){return e.intersectsTriangle(this)}closestPointToPoint(e,t){let n=this.a,r=this.b,i=this.c,a,o;iu.subVectors(r,n),au.subVectors(i,n),su.subVectors(e,n);let s=iu.dot(su),c=au.dot(su);if(s<=0&&c<=0)return t.copy(n);cu.subVectors(e,r);let l=iu.dot(cu),u=au.dot(cu);if(l>=0&&u<=l)return t.copy(r);let d=s*u-l*c;if(d<=0&&s>=0&&l<=0&&s-l>0)return a=s/(s-l),t.copy(n).addScaledVector(iu,a);lu.subVectors(e,i);let f=iu.dot(lu),p=au.dot(lu);if(p>=0&&f<=p)return t.copy(i);let m=f*c-s*p;if(m<=0&&c>=0&&p<=0)return o=c/(c-p),t.copy(n).addScaledVector(au,o);let h=l*p-f*u;if(h<=0&&u-l>=0&&f-p>=0)return ou.subVectors(i,r),o=(u-l)/(u-l+(f-p)),t.copy(r).addScaledVector(ou,o);let g=1/(h+m+d);return a=m*g,o=d*g,t.copy(n).addScaledVector(iu,a).addScaledVector(au,o)}equals(e){return e.a.equals(this.a)&&e.b.equals(this.b)&&e.c.equals(this.c)}},mu=class{constructor(e=new J(1/0,1/0,1/0),t=new J(-1/0,-1/0,-1/0)){this.isBox3=!0,this.min=e,this.max=t}set(e,t){return this.min.copy(e),this.max.copy(t),this}setFromArray(e){this.makeEmpty();for(let t=0,n=e.length;t<n;t+=3)this.expandByPoint(gu.fromArray(e,t));return this}setFromBufferAttribute(e){this.makeEmpty();for(let t=0,n=e.count;t<n;t++)this.expandByPoint(gu.fromBufferAttribute(e,t));return this}setFromPoints(e){this.makeEmpty();for(let t=0,n=e.length;t<n;t++)this.expandByPoint(e[t]);return this}setFromCenterAndSize(e,t){let n=gu.copy(t).multiplyScalar(.5);return this.min.copy(e).sub(n),this.max.copy(e).add(n),this}setFromObject(e,t=!1){return this.makeEmpty(),this.expandByObject(e,t)}clone(){return new this.constructor().copy(this)}copy(e){return this.min.copy(e.min),this.max.copy(e.max),this}makeEmpty(){return this.min.x=this.min.y=this.min.z=1/0,this.max.x=this.max.y=this.max.z=-1/0,this}isEmpty(){return this.max.x<this.min.x||this.max.y<this.min.y||this.max.z<this.min.z}getCenter(e){return this.isEmpty()?e.set(0,0,0):e.addVectors(this.min,this.max).multiplyScalar(.5)}getSize(e){return this.isEmpty()?e.set(0,0,0):e.subVectors(this.max,this.min)}expandByPoint(e){return this.min.min(e),this.max.max(e),this}expandByVector(e){return this.min.sub(e),this.max.add(e),this}expandByScalar(e){return this.min.addScalar(-e),this.max.addScalar(e),this}expandByObject(e,t=!1){e.updateWorldMatrix(!1,!1);let n=e.geometry;if(n!==void 0){let r=n.getAttribute(`position`);if(t===!0&&r!==void 0&&e.isInstancedMesh!==!0&&e.isBatchedMesh!==!0)for(let t=0,n=r.count;t<n;t++)e.isMesh===!0?e.getVertexPosition(t,gu):gu.fromBufferAttribute(r,t),gu.applyMatrix4(e.matrixWorld),this.expandByPoint(gu);else e.boundingBox===void 0?(n.boundingBox===null&&n.computeBoundingBox(),_u.copy(n.boundingBox)):(e.boundingBox===null&&e.computeBoundingBox(),_u.copy(e.boundingBox)),_u.applyMatrix4(e.matrixWorld),this.union(_u)}let r=e.children;for(let e=0,n=r.length;e<n;e++)this.expandByObject(r[e],t);return this}containsPoint(e){return e.x>=this.min.x&&e.x<=this.max.x&&e.y>=this.min.y&&e.y<=this.max.y&&e.z>=this.min.z&&e.z<=this.max.z}containsBox(e){return this.min.x<=e.min.x&&e.max.x<=this.max.x&&this.min.y<=e.min.y&&e.max.y<=this.max.y&&this.min.z<=e.min.z&&e.max.z<=this.max.z}getParameter(e,t){return t.set((e.x-this.min.x)/(this.max.x-this.min.x),(e.y-this.min.y)/(this.max.y-this.min.y),(e.z-this.min.z)/(this.max.z-this.min.z))}intersectsBox(e){return e.max.x>=this.min.x&&e.min.x<=this.max.x&&e.max.y>=this.min.y&&e.min.y<=this.max.y&&e.max.z>=this.min.z&&e.min.z<=this.max.z}intersectsSphere(e){return this.clampPoint(e.center,gu),gu.distanceToSquared(e.center)<=e.radius*e.radius}intersectsPlane(e){let t,n;return e.normal.x>0?(t=e.normal.x*this.min.x,n=e.normal.x*this.max.x):(t=e.normal.x*this.max.x,n=e.normal.x*this.min.x),e.normal.y>0?(t+=e.normal.y*this.min.y,n+=e.normal.y*this.max.y):(t+=e.normal.y*this.max.y,n+=e.normal.y*this.min.y),e.normal.z>0?(t+=e.normal.z*this.min.z,n+=e.normal.z*this.max.z):(t+=e.normal.z*this.max.z,n+=e.normal.z*this.min.z),t<=-e.constant&&n>=-e.constant}intersectsTriangle(e){if(this.isEmpty())return!1;this.getCenter(wu),Tu.subVectors(this.max,wu),vu.subVectors(e.a,wu),yu.subVectors(e.b,wu),bu.subVectors(e.c,wu),xu.subVectors(yu,vu),Su.subVectors(bu,yu),Cu.subVectors(vu,bu);let t=[0,-xu.z,xu.y,0,-Su.z,Su.y,0,-Cu.z,Cu.y,xu.z,0,-xu.x,Su.z,0,-Su.x,Cu.z,0,-Cu.x,-xu.y,xu.x,0,-Su.y,Su.x,0,-Cu.y,Cu.x,0];return!Ou(t,vu,yu,bu,Tu)||(t=[1,0,0,0,1,0,0,0,1],!Ou(t,vu,yu,bu,Tu))?!1:(Eu.crossVectors(xu,Su),t=[Eu.x,Eu.y,Eu.z],Ou(t,vu,yu,bu,Tu))}clampPoint(e,t){return t.copy(e).clamp(this.min,this.max)}distanceToPoint(e){return this.clampPoint(e,gu).distanceTo(e)}getBoundingSphere(e){return this.isEmpty()?e.makeEmpty():(this.getCenter(e.center),e.radius=this.getSize(gu).length()*.5),e}intersect(e){return this.min.max(e.min),this.max.min(e.max),this.isEmpty()&&this.makeEmpty(),this}union(e){return this.min.min(e.min),this.max.max(e.max),this}applyMatrix4(e){return this.isEmpty()||(hu[0].set(this.min.x,this.min.y,this.min.z).applyMatrix4(e),hu[1].set(this.min.x,this.min.y,this.max.z).applyMatrix4(e),hu[2].set(this.min.x,this.max.y,this.min.z).applyMatrix4(e),hu[3].set(this.min.x,this.max.y,this.max.z).applyMatrix4(e),hu[4].set(this.max.x,this.min.y,this.min.z).applyMatrix4(e),hu[5].set(this.max.x,this.min.y,this.max.z).applyMatrix4(e),hu[6].set(this.max.x,this.max.y,this.min.z).applyMatrix4(e),hu[7].set(this.max.x,this.max.y,this.max.z).applyMatrix4(e),this.setFromPoints(hu)),this}translate(e){return this.min.add(e),this.max.add(e),this}equals(e){return e.min.equals(this.min)&&e.max.equals(this.max)}toJSON(){return{min:this.min.toArray(),max:this.max.toArray()}}fromJSON(e){return this.min.fromArray(e.min),this.max.fromArray(e.max),this}},hu=[new J,new J,new J,new J,new J,new J,new J,new J],gu=new J,_u=new mu,vu=new J,yu=new J,bu=new J,xu=new J,Su=new J,Cu=new J,wu=new J,Tu=new J,Eu=new J,Du=new J;function Ou(e,t,n,r,i){for(let a=0,o=e.length-3;a<=o;a+=3){Du.fromArray(e,a);let o=i.x*Math.abs(Du.x)+i.y*Math.abs(Du.y)+i.z*Math.abs(Du.z),s=t.dot(Du),c=n.dot(Du),l=r.dot(Du);if(Math.max(-Math.max(s,c,l),Math.min(s,c,l))>o)return!1}return!0}var ku=new J,Au=new q,ju=0,Mu=class extends Rc{constructor(e,t,n=!1){if(super(),Array.isArray(e))throw TypeError(`THREE.BufferAttribute: array should be a Typed Array.`);this.isBufferAttribute=!0,Object.defineProperty(this,"id",{value:ju++}),this.name=``,this.array=e,this.itemSize=t,this.count=e===void 0?0:e.length/t,this.normalized=n,this.usage=Ec,this.updateRanges=[],this.gpuType=ms,this.version=0,this._normalizationScale=e===void 0?void 0:Kc(e)}onUploadCallback(){}set needsUpdate(e){e===!0&&this.version++}setUsage(e){return this.usage=e,this}addUpdateRange(e,t){this.updateRanges.push({start:e,count:t})}clearUpdateRanges(){this.updateRanges.length=0}copy(e){return this.name=e.name,this.array=new e.array.constructor(e.array),this.itemSize=e.itemSize,this.count=e.count,this.normalized=e.normalized,this.usage=e.usage,this.gpuType=e.gpuType,this._normalizationScale=e._normalizationScale,this}copyAt(e,t,n){e*=this.itemSize,n*=t.itemSize;for(let r=0,i=this.itemSize;r<i;r++)this.array[e+r]=t.array[n+r];return this}copyArray(e){return this.array.set(e),this}applyMatrix3(e){if(this.itemSize===2)for(let t=0,n=this.count;t<n;t++)Au.fromBufferAttribute(this,t),Au.applyMatrix3(e),this.setXY(t,Au.x,Au.y);else if(this.itemSize===3)for(let t=0,n=this.count;t<n;t++)ku.fromBufferAttribute(this,t),ku.applyMatrix3(e),this.setXYZ(t,ku.x,ku.y,ku.z);return this}applyMatrix4(e){for(let t=0,n=this.count;t<n;t++)ku.fromBufferAttribute(this,t),ku.applyMatrix4(e),this.setXYZ(t,ku.x,ku.y,ku.z);return this}applyNormalMatrix(e){for(let t=0,n=this.count;t<n;t++)ku.fromBufferAttribute(this,t),ku.applyNormalMatrix(e),this.setXYZ(t,ku.x,ku.y,ku.z);return this}transformDirection(e){for(let t=0,n=this.count;t<n;t++)ku.fromBufferAttribute(this,t),ku.transformDirection(e),this.setXYZ(t,ku.x,ku.y,ku.z);return this}set(e,t=0){return this.array.set(e,t),this}getComponent(e,t){let n=this.array[e*this.itemSize+t];return this.normalized&&(n=this._denormalize(n)),n}setComponent(e,t,n){return this.normalized&&(n=this._normalize(n)),this.array[e*this.itemSize+t]=n,this}getX(e){let t=this.array[e*this.itemSize];return this.normalized&&(t=this._denormalize(t)),t}setX(e,t){return this.normalized&&(t=this._normalize(t)),this.array[e*this.itemSize]=t,this}getY(e){let t=this.array[e*this.itemSize+1];return this.normalized&&(t=this._denormalize(t)),t}setY(e,t){return this.normalized&&(t=this._normalize(t)),this.array[e*this.itemSize+1]=t,this}getZ(e){let t=this.array[e*this.itemSize+2];return this.normalized&&(t=this._denormalize(t)),t}setZ(e,t){return this.normalized&&(t=this._normalize(t)),this.array[e*this.itemSize+2]=t,this}getW(e){let t=this.array[e*this.itemSize+3];return this.normalized&&(t=this._denormalize(t)),t}setW(e,t){return this.normalized&&(t=this._normalize(t)),this.array[e*this.itemSize+3]=t,this}setXY(e,t,n){return e*=this.itemSize,this.normalized&&(t=this._normalize(t),n=this._normalize(n)),this.array[e+0]=t,this.array[e+1]=n,this}setXYZ(e,t,n,r){return e*=this.itemSize,this.normalized&&(t=this._normalize(t),n=this._normalize(n),r=this._normalize(r)),this.array[e+0]=t,this.array[e+1]=n,this.array[e+2]=r,this}setXYZW(e,t,n,r,i){return e*=this.itemSize,this.normalized&&(t=this._normalize(t),n=this._normalize(n),r=this._normalize(r),i=this._normalize(i)),this.array[e+0]=t,this.array[e+1]=n,this.array[e+2]=r,this.array[e+3]=i,this}onUpload(e){return this.onUploadCallback=e,this}clone(){return new this.constructor(this.array,this.itemSize).copy(this)}toJSON(){let e={itemSize:this.itemSize,type:this.array.constructor.name,array:Array.from(this.array),normalized:this.normalized};return e.name=this.name,e.usage=this.usage,e.gpuType=this.gpuType,e}dispose(){this.dispatchEvent({type:`dispose`})}_denormalize(e){let t=this._normalizationScale;return t===void 0?qc(e,this.array):Math.max(e/t,-1)}_normalize(e){let t=this._normalizationScale;return t===void 0?Jc(e,this.array):Math.round(e*t)}},Nu=class extends Mu{constructor(e,t,n){super(new Uint16Array(e),t,n)}},Pu=class extends Mu{constructor(e,t,n){super(new Uint32Array(e),t,n)}},Fu=class extends Mu{constructor(e,t,n){super(new Float32Array(e),t,n)}},Iu=new mu,Lu=new J,Ru=new J,zu=class{constructor(e=new J,t=-1){this.isSphere=!0,this.center=e,this.radius=t}set(e,t){return this.center.copy(e),this.radius=t,this}setFromPoints(e,t){let n=this.center;t===void 0?Iu.setFromPoints(e).getCenter(n):n.copy(t);let r=0;for(let t=0,i=e.length;t<i;t++)r=Math.max(r,n.distanceToSquared(e[t]));return this.radius=Math.sqrt(r),this}copy(e){return this.center.copy(e.center),this.radius=e.radius,this}isEmpty(){return this.radius<0}makeEmpty(){return this.center.set(0,0,0),this.radius=-1,this}containsPoint(e){return e.distanceToSquared(this.center)<=this.radius*this.radius}distanceToPoint(e){return e.distanceTo(this.center)-this.radius}intersectsSphere(e){let t=this.radius+e.radius;return e.center.distanceToSquared(this.center)<=t*t}intersectsBox(e){return e.intersectsSphere(this)}intersectsPlane(e){return Math.abs(e.distanceToPoint(this.center))<=this.radius}clampPoint(e,t){let n=this.center.distanceToSquared(e);return t.copy(e),n>this.radius*this.radius&&(t.sub(this.center).normalize(),t.multiplyScalar(this.radius).add(this.center)),t}getBoundingBox(e){return this.isEmpty()?(e.makeEmpty(),e):(e.set(this.center,this.center),e.expandByScalar(this.radius),e)}applyMatrix4(e){return this.center.applyMatrix4(e),this.radius*=e.getMaxScaleOnAxis(),this}translate(e){return this.center.add(e),this}expandByPoint(e){if(this.isEmpty())return this.center.copy(e),this.radius=0,this;Lu.subVectors(e,this.center);let t=Lu.lengthSq();if(t>this.radius*this.radius){let e=Math.sqrt(t),n=(e-this.radius)*.5;this.center.addScaledVector(Lu,n/e),this.radius+=n}return this}union(e){return e.isEmpty()?this:this.isEmpty()?(this.copy(e),this):(this.center.equals(e.center)===!0?this.radius=Math.max(this.radius,e.radius):(Ru.subVectors(e.center,this.center).setLength(e.radius),this.expandByPoint(Lu.copy(e.center).add(Ru)),this.expandByPoint(Lu.copy(e.center).sub(Ru))),this)}equals(e){return e.center.equals(this.center)&&e.radius===this.radius}clone(){return new this.constructor().copy(this)}toJSON(){return{radius:this.radius,center:this.center.toArray()}}fromJSON(e){return this.radius=e.radius,this.center.fromArray(e.center),this}},Bu=0,Vu=new _l,Hu=new Wl,Uu=new J,Wu=new mu,Gu=new mu,Ku=new J,qu=class e extends Rc{constructor(){super(),this.isBufferGeometry=!0,Object.defineProperty(this,"id",{value:Bu++}),this.uuid=Hc(),this.name=``,this.type=`BufferGeometry`,this.index=null,this.indirect=null,this.indirectOffset=0,this.attributes={},this.morphAttributes={},this.morphTargetsRelative=!1,this.groups=[],this.boundingBox=null,this.boundingSphere=null,this.drawRange={start:0,count:1/0},this.userData={},this._transformed=!1}getIndex(){return this.index}setIndex(e){return this.index=Array.isArray(e)?new(Oc(e)?Pu:Nu)(e,1):e,this}setIndirect(e,t=0){return this.indirect=e,this.indirectOffset=t,this}getIndirect(){return this.indirect}getAttribute(e){return this.attributes[e]}setAttribute(e,t){return this.attributes[e]=t,this}deleteAttribute(e){return delete this.attributes[e],this}hasAttribute(e){return this.attributes[e]!==void 0}addGroup(e,t,n=0){this.groups.push({start:e,count:t,materialIndex:n})}clearGroups(){this.groups=[]}setDrawRange(e,t){this.drawRange.start=e,this.drawRange.count=t}applyMatrix4(e){let t=this.attributes.position;t!==void 0&&(t.applyMatrix4(e),t.needsUpdate=!0);let n=this.attributes.normal;if(n!==void 0){let t=new Y().getNormalMatrix(e);n.applyNormalMatrix(t),n.needsUpdate=!0}let r=this.attributes.tangent;return r!==void 0&&(r.transformDirection(e),r.needsUpdate=!0),this.boundingBox!==null&&this.computeBoundingBox(),this.boundingSphere!==null&&this.computeBoundingSphere(),this._transformed=!0,this}applyQuaternion(e){return Vu.makeRotationFromQuaternion(e),this.applyMatrix4(Vu),this}rotateX(e){return Vu.makeRotationX(e),this.applyMatrix4(Vu),this}rotateY(e){return Vu.makeRotationY(e),this.applyMatrix4(Vu),this}rotateZ(e){return Vu.makeRotationZ(e),this.applyMatrix4(Vu),this}translate(e,t,n){return Vu.makeTranslation(e,t,n),this.applyMatrix4(Vu),this}scale(e,t,n){return Vu.makeScale(e,t,n),this.applyMatrix4(Vu),this}lookAt(e){return Hu.lookAt(e),Hu.updateMatrix(),this.applyMatrix4(Hu.matrix),this}center(){return this.computeBoundingBox(),this.boundingBox.getCenter(Uu).negate(),this.translate(Uu.x,Uu.y,Uu.z),this}setFromPoints(e){let t=this.getAttribute(`position`);if(t===void 0){let t=[];for(let n=0,r=e.length;n<r;n++){let r=e[n];t.push(r.x,r.y,r.z||0)}this.setAttribute(`position`,new Fu(t,3))}else{let n=Math.min(e.length,t.count);for(let r=0;r<n;r++){let n=e[r];t.setXYZ(r,n.x,n.y,n.z||0)}e.length>t.count&&W(`BufferGeometry: Buffer size too small for points data. Use .dispose() and create a new geometry.`),t.needsUpdate=!0}return this}computeBoundingBox(){this.boundingBox===null&&(this.boundingBox=new mu);let e=this.attributes.position,t=this.morphAttributes.position;if(e&&e.isGLBufferAttribute)G(`BufferGeometry.computeBoundingBox(): GLBufferAttribute requires a manual bounding box.`,this),this.boundingBox.set(new J(-1/0,-1/0,-1/0),new J(1/0,1/0,1/0));else{if(e!==void 0){if(this.boundingBox.setFromBufferAttribute(e),t)for(let e=0,n=t.length;e<n;e++){let n=t[e];Wu.setFromBufferAttribute(n),this.morphTargetsRelative?(Ku.addVectors(this.boundingBox.min,Wu.min),this.boundingBox.expandByPoint(Ku),Ku.addVectors(this.boundingBox.max,Wu.max),this.boundingBox.expandByPoint(Ku)):(this.boundingBox.expandByPoint(Wu.min),this.boundingBox.expandByPoint(Wu.max))}}else this.boundingBox.makeEmpty();(isNaN(this.boundingBox.min.x)||isNaN(this.boundingBox.min.y)||isNaN(this.boundingBox.min.z))&&G(`BufferGeometry.computeBoundingBox(): Computed min/max have NaN values. The "position" attribute is likely to have NaN values.`,this)}}computeBoundingSphere(){this.boundingSphere===null&&(this.boundingSphere=new zu);let e=this.attributes.position,t=this.morphAttributes.position;if(e&&e.isGLBufferAttribute)G(`BufferGeometry.computeBoundingSphere(): GLBufferAttribute requires a manual bounding sphere.`,this),this.boundingSphere.set(new J,1/0);else if(e){let n=this.boundingSphere.center;if(Wu.setFromBufferAttribute(e),t)for(let e=0,n=t.length;e<n;e++){let n=t[e];Gu.setFromBufferAttribute(n),this.morphTargetsRelative?(Ku.addVectors(Wu.min,Gu.min),Wu.expandByPoint(Ku),Ku.addVectors(Wu.max,Gu.max),Wu.expandByPoint(Ku)):(Wu.expandByPoint(Gu.min),Wu.expandByPoint(Gu.max))}Wu.getCenter(n);let r=0;for(let t=0,i=e.count;t<i;t++)Ku.fromBufferAttribute(e,t),r=Math.max(r,n.distanceToSquared(Ku));if(t)for(let i=0,a=t.length;i<a;i++){let a=t[i],o=this.morphTargetsRelative;for(let t=0,i=a.count;t<i;t++)Ku.fromBufferAttribute(a,t),o&&(Uu.fromBufferAttribute(e,t),Ku.add(Uu)),r=Math.max(r,n.distanceToSquared(Ku))}this.boundingSphere.radius=Math.sqrt(r),isNaN(this.boundingSphere.radius)&&G(`BufferGeometry.computeBoundingSphere(): Computed radius is NaN. The "position" attribute is likely to have NaN values.`,this)}}computeTangents(){let e=this.index,t=this.attributes;if(e===null||t.position===void 0||t.normal===void 0||t.uv===void 0){G(`BufferGeometry: .computeTangents() failed. Missing required attributes (index, position, normal or uv)`);return}let n=t.position,r=t.normal,i=t.uv,a=this.getAttribute(`tangent`);(a===void 0||a.count!==n.count)&&(a=new Mu(new Float32Array(4*n.count),4),this.setAttribute(`tangent`,a));let o=[],s=[],c=new Uint8Array(n.count);for(let e=0;e<n.count;e++)o[e]=new J,s[e]=new J;let l=new J,u=new J,d=new J,f=new q,p=new q,m=new q,h=new J,g=new J;function _(e,t,r){c[e]=c[t]=c[r]=1,l.fromBufferAttribute(n,e),u.fromBufferAttribute(n,t),d.fromBufferAttribute(n,r),f.fromBufferAttribute(i,e),p.fromBufferAttribute(i,t),m.fromBufferAttribute(i,r),u.sub(l),d.sub(l),p.sub(f),m.sub(f);let a=1/(p.x*m.y-m.x*p.y);isFinite(a)&&(h.copy(u).multiplyScalar(m.y).addScaledVector(d,-p.y).multiplyScalar(a),g.copy(d).multiplyScalar(p.x).addScaledVector(u,-m.x).multiplyScalar(a),o[e].add(h),o[t].add(h),o[r].add(h),s[e].add(g),s[t].add(g),s[r].add(g))}let v=this.groups;v.length===0&&(v=[{start:0,count:e.count}]);for(let t=0,n=v.length;t<n;++t){let n=v[t],r=n.start,i=n.count;for(let t=r,n=r+i;t<n;t+=3)_(e.getX(t+0),e.getX(t+1),e.getX(t+2))}let y=new J,b=new J,x=new J,S=new J;function C(e){x.fromBufferAttribute(r,e),S.copy(x);let t=o[e];y.copy(t),y.sub(x.multiplyScalar(x.dot(t))).normalize(),b.crossVectors(S,t);let n=b.dot(s[e])<0?-1:1;a.setXYZW(e,y.x,y.y,y.z,n)}for(let e=0,t=n.count;e<t;++e)c[e]&&C(e);this._transformed=!0}computeVertexNormals(){let e=this.index,t=this.getAttribute(`position`);if(t!==void 0){let n=this.getAttribute(`normal`);if(n===void 0||n.count!==t.count)n=new Mu(new Float32Array(t.count*3),3),this.setAttribute(`normal`,n);else for(let e=0,t=n.count;e<t;e++)n.setXYZ(e,0,0,0);let r=new J,i=new J,a=new J,o=new J,s=new J,c=new J,l=new J,u=new J;if(e)for(let d=0,f=e.count;d<f;d+=3){let f=e.getX(d+0),p=e.getX(d+1),m=e.getX(d+2);r.fromBufferAttribute(t,f),i.fromBufferAttribute(t,p),a.fromBufferAttribute(t,m),l.subVectors(a,i),u.subVectors(r,i),l.cross(u),o.fromBufferAttribute(n,f),s.fromBufferAttribute(n,p),c.fromBufferAttribute(n,m),o.add(l),s.add(l),c.add(l),n.setXYZ(f,o.x,o.y,o.z),n.setXYZ(p,s.x,s.y,s.z),n.setXYZ(m,c.x,c.y,c.z)}else for(let e=0,o=t.count;e<o;e+=3)r.fromBufferAttribute(t,e+0),i.fromBufferAttribute(t,e+1),a.fromBufferAttribute(t,e+2),l.subVectors(a,i),u.subVectors(r,i),l.cross(u),n.setXYZ(e+0,l.x,l.y,l.z),n.setXYZ(e+1,l.x,l.y,l.z),n.setXYZ(e+2,l.x,l.y,l.z);this.normalizeNormals(),n.needsUpdate=!0}}normalizeNormals(){let e=this.attributes.normal;for(let t=0,n=e.count;t<n;t++)Ku.fromBufferAttribute(e,t),Ku.normalize(),e.setXYZ(t,Ku.x,Ku.y,Ku.z)}toNonIndexed(){function t(e,t){let n=e.array,r=e.itemSize,i=e.normalized,a=new n.constructor(t.length*r),o=0,s=0;for(let i=0,c=t.length;i<c;i++){o=e.isInterleavedBufferAttribute?t[i]*e.data.stride+e.offset:t[i]*r;for(let e=0;e<r;e++)a[s++]=n[o++]}return new Mu(a,r,i)}if(this.index===null)return W(`BufferGeometry.toNonIndexed(): BufferGeometry is already non-indexed.`),this;let n=new e,r=this.index.array,i=this.attributes;for(let e in i){let a=i[e],o=t(a,r);n.setAttribute(e,o)}let a=this.morphAttributes;for(let e in a){let i=[],o=a[e];for(let e=0,n=o.length;e<n;e++){let n=o[e],a=t(n,r);i.push(a)}n.morphAttributes[e]=i}n.morphTargetsRelative=this.morphTargetsRelative;let o=this.groups;for(let e=0,t=o.length;e<t;e++){let t=o[e];n.addGroup(t.start,t.count,t.materialIndex)}return n}toJSON(){let e={metadata:{version:4.7,type:`BufferGeometry`,generator:`BufferGeometry.toJSON`}};if(e.uuid=this.uuid,e.type=this.parameters!==void 0&&this._transformed===!0?`BufferGeometry`:this.type,e.name=this.name,Object.keys(this.userData).length>0&&(e.userData=this.userData),this.parameters!==void 0&&this._transformed!==!0){let t=this.parameters;for(let n in t)t[n]!==void 0&&(e[n]=t[n]);return e}e.data={attributes:{}};let t=this.index;t!==null&&(e.data.index={type:t.array.constructor.name,array:Array.prototype.slice.call(t.array)});let n=this.attributes;for(let t in n){let r=n[t];e.data.attributes[t]=r.toJSON(e.data)}let r={},i=!1;for(let t in this.morphAttributes){let n=this.morphAttributes[t],a=[];for(let t=0,r=n.length;t<r;t++){let r=n[t];a.push(r.toJSON(e.data))}a.length>0&&(r[t]=a,i=!0)}i&&(e.data.morphAttributes=r,e.data.morphTargetsRelative=this.morphTargetsRelative);let a=this.groups;a.length>0&&(e.data.groups=JSON.parse(JSON.stringify(a)));let o=this.boundingSphere;return o!==null&&(e.data.boundingSphere=o.toJSON()),e}clone(){return new this.constructor().copy(this)}copy(e){this.index=null,this.attributes={},this.morphAttributes={},this.groups=[],this.boundingBox=null,this.boundingSphere=null;let t={};this.name=e.name;let n=e.index;n!==null&&this.setIndex(n.clone());let r=e.attributes;for(let e in r){let n=r[e];this.setAttribute(e,n.clone(t))}let i=e.morphAttributes;for(let e in i){let n=[],r=i[e];for(let e=0,i=r.length;e<i;e++)n.push(r[e].clone(t));this.morphAttributes[e]=n}this.morphTargetsRelative=e.morphTargetsRelative;let a=e.groups;for(let e=0,t=a.length;e<t;e++){let t=a[e];this.addGroup(t.start,t.count,t.materialIndex)}let o=e.boundingBox;o!==null&&(this.boundingBox=o.clone());let s=e.boundingSphere;return s!==null&&(this.boundingSphere=s.clone()),this.drawRange.start=e.drawRange.start,this.drawRange.count=e.drawRange.count,this.userData=e.userData,this._transformed=e._transformed,this}dispose(){this.dispatchEvent({type:`dispose`})}},Ju=new J,Yu=new J,Xu=new Y,Zu=class{constructor(e=new J(1,0,0),t=0){this.isPlane=!0,this.normal=e,this.constant=t}set(e,t){return this.normal.copy(e),this.constant=t,this}setComponents(e,t,n,r){return this.normal.set(e,t,n),this.constant=r,this}setFromNormalAndCoplanarPoint(e,t){return this.normal.copy(e),this.constant=-t.dot(this.normal),this}setFromCoplanarPoints(e,t,n){let r=Ju.subVectors(n,t).cross(Yu.subVectors(e,t)).normalize();return this.setFromNormalAndCoplanarPoint(r,e),this}copy(e){return this.normal.copy(e.normal),this.constant=e.constant,this}normalize(){let e=1/this.normal.length();return this.normal.multiplyScalar(e),this.constant*=e,this}negate(){return this.constant*=-1,this.normal.negate(),this}distanceToPoint(e){return this.normal.dot(e)+this.constant}distanceToSphere(e){return this.distanceToPoint(e.center)-e.radius}projectPoint(e,t){return t.copy(e).addScaledVector(this.normal,-this.distanceToPoint(e))}intersectLine(e,t,n=!0){let r=e.delta(Ju),i=this.normal.dot(r);if(i===0)return this.distanceToPoint(e.start)===0?t.copy(e.start):null;let a=-(e.start.dot(this.normal)+this.constant)/i;return n===!0&&(a<0||a>1)?null:t.copy(e.start).addScaledVector(r,a)}intersectsLine(e){let t=this.distanceToPoint(e.start),n=this.distanceToPoint(e.end);return t<0&&n>0||n<0&&t>0}intersectsBox(e){return e.intersectsPlane(this)}intersectsSphere(e){return e.intersectsPlane(this)}coplanarPoint(e){return e.copy(this.normal).multiplyScalar(-this.constant)}applyMatrix4(e,t){let n=t||Xu.getNormalMatrix(e),r=this.coplanarPoint(Ju).applyMatrix4(e),i=this.normal.applyMatrix3(n).normalize();return this.constant=-r.dot(i),this}translate(e){return this.constant-=e.dot(this.normal),this}equals(e){return e.normal.equals(this.normal)&&e.constant===this.constant}clone(){return new this.constructor().copy(this)}toJSON(){return{normal:this.normal.toArray(),constant:this.constant}}fromJSON(e){return this.normal.fromArray(e.normal),this.constant=e.constant,this}},Qu=0,$u=class extends Rc{constructor(){super(),this.isMaterial=!0,Object.defineProperty(this,"id",{value:Qu++}),this.uuid=Hc(),this.name=``,this.type=`Material`,this.blending=1,this.side=0,this.vertexColors=!1,this.opacity=1,this.transparent=!1,this.alphaHash=!1,this.blendSrc=204,this.blendDst=205,this.blendEquation=100,this.blendSrcAlpha=null,this.blendDstAlpha=null,this.blendEquationAlpha=null,this.blendColor=new Z(0,0,0),this.blendAlpha=0,this.depthFunc=3,this.depthTest=!0,this.depthWrite=!0,this.stencilWriteMask=255,this.stencilFunc=519,this.stencilRef=0,this.stencilFuncMask=255,this.stencilFail=Tc,this.stencilZFail=Tc,this.stencilZPass=Tc,this.stencilWrite=!1,this.clippingPlanes=null,this.clipIntersection=!1,this.clipShadows=!1,this.shadowSide=null,this.colorWrite=!0,this.precision=null,this.polygonOffset=!1,this.polygonOffsetFactor=0,this.polygonOffsetUnits=0,this.dithering=!1,this.alphaToCoverage=!1,this.premultipliedAlpha=!1,this.forceSinglePass=!1,this.allowOverride=!0,this.visible=!0,this.toneMapped=!0,this.userData={},this.version=0,this._alphaTest=0}get alphaTest(){return this._alphaTest}set alphaTest(e){this._alphaTest>0!=e>0&&this.version++,this._alphaTest=e}onBeforeRender(){}onBeforeCompile(){}customProgramCacheKey(){return this.onBeforeCompile.toString()}setValues(e){if(e!==void 0)for(let t in e){let n=e[t];if(n===void 0){W(`Material: parameter '${t}' has value of undefined.`);continue}let r=this[t];r===void 0?W(`Material: '${t}' is not a property of THREE.${this.type}.`):r&&r.isColor?r.set(n):r&&r.isVector2&&n&&n.isVector2||r&&r.isEuler&&n&&n.isEuler||r&&r.isVector3&&n&&n.isVector3?r.copy(n):this[t]=n}}toJSON(e){let t=e===void 0||typeof e==`string`;t&&(e={textures:{},images:{}});let n={metadata:{version:4.7,type:`Material`,generator:`Material.toJSON`}};n.uuid=this.uuid,n.type=this.type,n.blending=this.blending,n.side=this.side,n.shadowSide=this.shadowSide,n.vertexColors=this.vertexColors,n.opacity=this.opacity,n.transparent=this.transparent,n.blendSrc=this.blendSrc,n.blendDst=this.blendDst,n.blendEquation=this.blendEquation,n.blendSrcAlpha=this.blendSrcAlpha,n.blendDstAlpha=this.blendDstAlpha,n.blendEquationAlpha=this.blendEquationAlpha,n.blendColor=this.blendColor.getHex(),n.blendAlpha=this.blendAlpha,n.depthFunc=this.depthFunc,n.depthTest=this.depthTest,n.depthWrite=this.depthWrite,n.colorWrite=this.colorWrite,n.clipIntersection=this.clipIntersection,n.clipShadows=this.clipShadows,n.stencilWriteMask=this.stencilWriteMask,n.stencilFunc=this.stencilFunc,n.stencilRef=this.stencilRef,n.stencilFuncMask=this.stencilFuncMask,n.stencilFail=this.stencilFail,n.stencilZFail=this.stencilZFail,n.stencilZPass=this.stencilZPass,n.stencilWrite=this.stencilWrite,n.polygonOffset=this.polygonOffset,n.polygonOffsetFactor=this.polygonOffsetFactor,n.polygonOffsetUnits=this.polygonOffsetUnits,n.dithering=this.dithering,n.alphaTest=this.alphaTest,n.alphaHash=this.alphaHash,n.alphaToCoverage=this.alphaToCoverage,n.premultipliedAlpha=this.premultipliedAlpha,n.forceSinglePass=this.forceSinglePass,n.allowOverride=this.allowOverride,n.visible=this.visible,n.toneMapped=this.toneMapped,n.name=this.name,this.color&&this.color.isColor&&(n.color=this.color.getHex()),this.roughness!==void 0&&(n.roughness=this.roughness),this.metalness!==void 0&&(n.metalness=this.metalness),this.sheen!==void 0&&(n.sheen=this.sheen),this.sheenColor&&this.sheenColor.isColor&&(n.sheenColor=this.sheenColor.getHex()),this.sheenRoughness!==void 0&&(n.sheenRoughness=this.sheenRoughness),this.emissive&&this.emissive.isColor&&(n.emissive=this.emissive.getHex()),this.emissiveIntensity!==void 0&&(n.emissiveIntensity=this.emissiveIntensity),this.specular&&this.specular.isColor&&(n.specular=this.specular.getHex()),this.specularIntensity!==void 0&&(n.specularIntensity=this.specularIntensity),this.specularColor&&this.specularColor.isColor&&(n.specularColor=this.specularColor.getHex()),this.shininess!==void 0&&(n.shininess=this.shininess),this.clearcoat!==void 0&&(n.clearcoat=this.clearcoat),this.clearcoatRoughness!==void 0&&(n.clearcoatRoughness=this.clearcoatRoughness),this.diffuseRoughness!==void 0&&(n.diffuseRoughness=this.diffuseRoughness),this.diffuseRoughnessMap&&this.diffuseRoughnessMap.isTexture&&(n.diffuseRoughnessMap=this.diffuseRoughnessMap.toJSON(e).uuid),this.clearcoatMap&&this.clearcoatMap.isTexture&&(n.clearcoatMap=this.clearcoatMap.toJSON(e).uuid),this.clearcoatRoughnessMap&&this.clearcoatRoughnessMap.isTexture&&(n.clearcoatRoughnessMap=this.clearcoatRoughnessMap.toJSON(e).uuid),this.clearcoatNormalMap&&this.clearcoatNormalMap.isTexture&&(n.clearcoatNormalMap=this.clearcoatNormalMap.toJSON(e).uuid,n.clearcoatNormalScale=this.clearcoatNormalScale.toArray()),this.sheenColorMap&&this.sheenColorMap.isTexture&&(n.sheenColorMap=this.sheenColorMap.toJSON(e).uuid),this.sheenRoughnessMap&&this.sheenRoughnessMap.isTexture&&(n.sheenRoughnessMap=this.sheenRoughnessMap.toJSON(e).uuid),this.dispersion!==void 0&&(n.dispersion=this.dispersion),this.retroreflectivity!==void 0&&(n.retroreflectivity=this.retroreflectivity),this.iridescence!==void 0&&(n.iridescence=this.iridescence),this.iridescenceIOR!==void 0&&(n.iridescenceIOR=this.iridescenceIOR),this.iridescenceThicknessMinimum!==void 0&&(n.iridescenceThicknessMinimum=this.iridescenceThicknessMinimum),this.iridescenceThicknessMaximum!==void 0&&(n.iridescenceThicknessMaximum=this.iridescenceThicknessMaximum),this.iridescenceMap&&this.iridescenceMap.isTexture&&(n.iridescenceMap=this.iridescenceMap.toJSON(e).uuid),this.iridescenceThicknessMap&&this.iridescenceThicknessMap.isTexture&&(n.iridescenceThicknessMap=this.iridescenceThicknessMap.toJSON(e).uuid),this.anisotropy!==void 0&&(n.anisotropy=this.anisotropy),this.anisotropyRotation!==void 0&&(n.anisotropyRotation=this.anisotropyRotation),this.anisotropyMap&&this.anisotropyMap.isTexture&&(n.anisotropyMap=this.anisotropyMap.toJSON(e).uuid),this.map&&this.map.isTexture&&(n.map=this.map.toJSON(e).uuid),this.matcap&&this.matcap.isTexture&&(n.matcap=this.matcap.toJSON(e).uuid),this.alphaMap&&this.alphaMap.isTexture&&(n.alphaMap=this.alphaMap.toJSON(e).uuid),this.lightMap&&this.lightMap.isTexture&&(n.lightMap=this.lightMap.toJSON(e).uuid,n.lightMapIntensity=this.lightMapIntensity),this.aoMap&&this.aoMap.isTexture&&(n.aoMap=this.aoMap.toJSON(e).uuid,n.aoMapIntensity=this.aoMapIntensity),this.bumpMap&&this.bumpMap.isTexture&&(n.bumpMap=this.bumpMap.toJSON(e).uuid,n.bumpScale=this.bumpScale),this.normalMap&&this.normalMap.isTexture&&(n.normalMap=this.normalMap.toJSON(e).uuid,n.normalMapType=this.normalMapType,n.normalScale=this.normalScale.toArray()),this.displacementMap&&this.displacementMap.isTexture&&(n.displacementMap=this.displacementMap.toJSON(e).uuid,n.displacementScale=this.displacementScale,n.displacementBias=this.displacementBias),this.roughnessMap&&this.roughnessMap.isTexture&&(n.roughnessMap=this.roughnessMap.toJSON(e).uuid),this.metalnessMap&&this.metalnessMap.isTexture&&(n.metalnessMap=this.metalnessMap.toJSON(e).uuid),this.emissiveMap&&this.emissiveMap.isTexture&&(n.emissiveMap=this.emissiveMap.toJSON(e).uuid),this.specularMap&&this.specularMap.isTexture&&(n.specularMap=this.specularMap.toJSON(e).uuid),this.specularIntensityMap&&this.specularIntensityMap.isTexture&&(n.specularIntensityMap=this.specularIntensityMap.toJSON(e).uuid),this.specularColorMap&&this.specularColorMap.isTexture&&(n.specularColorMap=this.specularColorMap.toJSON(e).uuid),this.envMap&&this.envMap.isTexture&&(n.envMap=this.envMap.toJSON(e).uuid,this.combine!==void 0&&(n.combine=this.combine)),this.envMapRotation!==void 0&&(n.envMapRotation=this.envMapRotation.toArray()),this.envMapIntensity!==void 0&&(n.envMapIntensity=this.envMapIntensity),this.reflectivity!==void 0&&(n.reflectivity=this.reflectivity),this.refractionRatio!==void 0&&(n.refractionRatio=this.refractionRatio),this.gradientMap&&this.gradientMap.isTexture&&(n.gradientMap=this.gradientMap.toJSON(e).uuid),this.transmission!==void 0&&(n.transmission=this.transmission),this.transmissionMap&&this.transmissionMap.isTexture&&(n.transmissionMap=this.transmissionMap.toJSON(e).uuid),this.thickness!==void 0&&(n.thickness=this.thickness),this.thicknessMap&&this.thicknessMap.isTexture&&(n.thicknessMap=this.thicknessMap.toJSON(e).uuid),this.attenuationDistance!==void 0&&(n.attenuationDistance=this.attenuationDistance),this.attenuationColor!==void 0&&(n.attenuationColor=this.attenuationColor.getHex()),this.size!==void 0&&(n.size=this.size),this.sizeAttenuation!==void 0&&(n.sizeAttenuation=this.sizeAttenuation),Array.isArray(this.clippingPlanes)&&this.clippingPlanes.length>0&&(n.clippingPlanes=this.clippingPlanes.map(e=>e.toJSON())),this.rotation!==void 0&&(n.rotation=this.rotation),this.depthPacking!==void 0&&(n.depthPacking=this.depthPacking),this.linewidth!==void 0&&(n.linewidth=this.linewidth),this.linecap!==void 0&&(n.linecap=this.linecap),this.linejoin!==void 0&&(n.linejoin=this.linejoin),this.dashSize!==void 0&&(n.dashSize=this.dashSize),this.gapSize!==void 0&&(n.gapSize=this.gapSize),this.scale!==void 0&&(n.scale=this.scale),this.wireframe!==void 0&&(n.wireframe=this.wireframe),this.wireframeLinewidth!==void 0&&(n.wireframeLinewidth=this.wireframeLinewidth),this.wireframeLinecap!==void 0&&(n.wireframeLinecap=this.wireframeLinecap),this.wireframeLinejoin!==void 0&&(n.wireframeLinejoin=this.wireframeLinejoin),this.flatShading!==void 0&&(n.flatShading=this.flatShading),this.fog!==void 0&&(n.fog=this.fog),Object.keys(this.userData).length>0&&(n.userData=this.userData);function r(e){let t=[];for(let n in e){let r=e[n];delete r.metadata,t.push(r)}return t}if(t){let t=r(e.textures),i=r(e.images);t.length>0&&(n.textures=t),i.length>0&&(n.images=i)}return n}fromJSON(e,t){if(e.uuid!==void 0&&(this.uuid=e.uuid),e.name!==void 0&&(this.name=e.name),e.color!==void 0&&this.color!==void 0&&this.color.setHex(e.color),e.roughness!==void 0&&(this.roughness=e.roughness),e.metalness!==void 0&&(this.metalness=e.metalness),e.sheen!==void 0&&(this.sheen=e.sheen),e.sheenColor!==void 0&&(this.sheenColor=new Z().setHex(e.sheenColor)),e.sheenRoughness!==void 0&&(this.sheenRoughness=e.sheenRoughness),e.emissive!==void 0&&this.emissive!==void 0&&this.emissive.setHex(e.emissive),e.specular!==void 0&&this.specular!==void 0&&this.specular.setHex(e.specular),e.specularIntensity!==void 0&&(this.specularIntensity=e.specularIntensity),e.specularColor!==void 0&&this.specularColor!==void 0&&this.specularColor.setHex(e.specularColor),e.shininess!==void 0&&(this.shininess=e.shininess),e.clearcoat!==void 0&&(this.clearcoat=e.clearcoat),e.clearcoatRoughness!==void 0&&(this.clearcoatRoughness=e.clearcoatRoughness),e.diffuseRoughness!==void 0&&(this.diffuseRoughness=e.diffuseRoughness),e.dispersion!==void 0&&(this.dispersion=e.dispersion),e.retroreflectivity!==void 0&&(this.retroreflectivity=e.retroreflectivity),e.iridescence!==void 0&&(this.iridescence=e.iridescence),e.iridescenceIOR!==void 0&&(this.iridescenceIOR=e.iridescenceIOR),e.iridescenceThicknessMinimum!==void 0&&(this.iridescenceThicknessMinimum=e.iridescenceThicknessMinimum),e.iridescenceThicknessMaximum!==void 0&&(this.iridescenceThicknessMaximum=e.iridescenceThicknessMaximum),e.iridescenceThicknessRange!==void 0&&(this.iridescenceThicknessMinimum=e.iridescenceThicknessRange[0],this.iridescenceThicknessMaximum=e.iridescenceThicknessRange[1]),e.transmission!==void 0&&(this.transmission=e.transmission),e.thickness!==void 0&&(this.thickness=e.thickness),e.attenuationDistance!==void 0&&(this.attenuationDistance=e.attenuationDistance),e.attenuationColor!==void 0&&this.attenuationColor!==void 0&&this.attenuationColor.setHex(e.attenuationColor),e.anisotropy!==void 0&&(this.anisotropy=e.anisotropy),e.anisotropyRotation!==void 0&&(this.anisotropyRotation=e.anisotropyRotation),e.fog!==void 0&&(this.fog=e.fog),e.flatShading!==void 0&&(this.flatShading=e.flatShading),e.blending!==void 0&&(this.blending=e.blending),e.combine!==void 0&&(this.combine=e.combine),e.side!==void 0&&(this.side=e.side),e.shadowSide!==void 0&&(this.shadowSide=e.shadowSide),e.opacity!==void 0&&(this.opacity=e.opacity),e.transparent!==void 0&&(this.transparent=e.transparent),e.alphaTest!==void 0&&(this.alphaTest=e.alphaTest),e.alphaHash!==void 0&&(this.alphaHash=e.alphaHash),e.depthFunc!==void 0&&(this.depthFunc=e.depthFunc),e.depthTest!==void 0&&(this.depthTest=e.depthTest),e.depthWrite!==void 0&&(this.depthWrite=e.depthWrite),e.colorWrite!==void 0&&(this.colorWrite=e.colorWrite),e.clippingPlanes!==void 0&&(this.clippingPlanes=e.clippingPlanes.map(e=>new Zu().fromJSON(e))),e.clipIntersection!==void 0&&(this.clipIntersection=e.clipIntersection),e.clipShadows!==void 0&&(this.clipShadows=e.clipShadows),e.depthPacking!==void 0&&(this.depthPacking=e.depthPacking),e.blendSrc!==void 0&&(this.blendSrc=e.blendSrc),e.blendDst!==void 0&&(this.blendDst=e.blendDst),e.blendEquation!==void 0&&(this.blendEquation=e.blendEquation),e.blendSrcAlpha!==void 0&&(this.blendSrcAlpha=e.blendSrcAlpha),e.blendDstAlpha!==void 0&&(this.blendDstAlpha=e.blendDstAlpha),e.blendEquationAlpha!==void 0&&(this.blendEquationAlpha=e.blendEquationAlpha),e.blendColor!==void 0&&this.blendColor!==void 0&&this.blendColor.setHex(e.blendColor),e.blendAlpha!==void 0&&(this.blendAlpha=e.blendAlpha),e.stencilWriteMask!==void 0&&(this.stencilWriteMask=e.stencilWriteMask),e.stencilFunc!==void 0&&(this.stencilFunc=e.stencilFunc),e.stencilRef!==void 0&&(this.stencilRef=e.stencilRef),e.stencilFuncMask!==void 0&&(this.stencilFuncMask=e.stencilFuncMask),e.stencilFail!==void 0&&(this.stencilFail=e.stencilFail),e.stencilZFail!==void 0&&(this.stencilZFail=e.stencilZFail),e.stencilZPass!==void 0&&(this.stencilZPass=e.stencilZPass),e.stencilWrite!==void 0&&(this.stencilWrite=e.stencilWrite),e.wireframe!==void 0&&(this.wireframe=e.wireframe),e.wireframeLinewidth!==void 0&&(this.wireframeLinewidth=e.wireframeLinewidth),e.wireframeLinecap!==void 0&&(this.wireframeLinecap=e.wireframeLinecap),e.wireframeLinejoin!==void 0&&(this.wireframeLinejoin=e.wireframeLinejoin),e.rotation!==void 0&&(this.rotation=e.rotation),e.linewidth!==void 0&&(this.linewidth=e.linewidth),e.linecap!==void 0&&(this.linecap=e.linecap),e.linejoin!==void 0&&(this.linejoin=e.linejoin),e.dashSize!==void 0&&(this.dashSize=e.dashSize),e.gapSize!==void 0&&(this.gapSize=e.gapSize),e.scale!==void 0&&(this.scale=e.scale),e.polygonOffset!==void 0&&(this.polygonOffset=e.polygonOffset),e.polygonOffsetFactor!==void 0&&(this.polygonOffsetFactor=e.polygonOffsetFactor),e.polygonOffsetUnits!==void 0&&(this.polygonOffsetUnits=e.polygonOffsetUnits),e.dithering!==void 0&&(this.dithering=e.dithering),e.alphaToCoverage!==void 0&&(this.alphaToCoverage=e.alphaToCoverage),e.premultipliedAlpha!==void 0&&(this.premultipliedAlpha=e.premultipliedAlpha),e.forceSinglePass!==void 0&&(this.forceSinglePass=e.forceSinglePass),e.allowOverride!==void 0&&(this.allowOverride=e.allowOverride),e.visible!==void 0&&(this.visible=e.visible),e.toneMapped!==void 0&&(this.toneMapped=e.toneMapped),e.userData!==void 0&&(this.userData=e.userData),e.vertexColors!==void 0&&(this.vertexColors=typeof e.vertexColors==`number`?e.vertexColors>0:e.vertexColors),e.size!==void 0&&(this.size=e.size),e.sizeAttenuation!==void 0&&(this.sizeAttenuation=e.sizeAttenuation),e.map!==void 0&&(this.map=t[e.map]||null),e.matcap!==void 0&&(this.matcap=t[e.matcap]||null),e.alphaMap!==void 0&&(this.alphaMap=t[e.alphaMap]||null),e.bumpMap!==void 0&&(this.bumpMap=t[e.bumpMap]||null),e.bumpScale!==void 0&&(this.bumpScale=e.bumpScale),e.normalMap!==void 0&&(this.normalMap=t[e.normalMap]||null),e.normalMapType!==void 0&&(this.normalMapType=e.normalMapType),e.normalScale!==void 0){let t=e.normalScale;Array.isArray(t)===!1&&(t=[t,t]),this.normalScale=new q().fromArray(t)}return e.displacementMap!==void 0&&(this.displacementMap=t[e.displacementMap]||null),e.displacementScale!==void 0&&(this.displacementScale=e.displacementScale),e.displacementBias!==void 0&&(this.displacementBias=e.displacementBias),e.roughnessMap!==void 0&&(this.roughnessMap=t[e.roughnessMap]||null),e.metalnessMap!==void 0&&(this.metalnessMap=t[e.metalnessMap]||null),e.emissiveMap!==void 0&&(this.emissiveMap=t[e.emissiveMap]||null),e.emissiveIntensity!==void 0&&(this.emissiveIntensity=e.emissiveIntensity),e.specularMap!==void 0&&(this.specularMap=t[e.specularMap]||null),e.specularIntensityMap!==void 0&&(this.specularIntensityMap=t[e.specularIntensityMap]||null),e.specularColorMap!==void 0&&(this.specularColorMap=t[e.specularColorMap]||null),e.envMap!==void 0&&(this.envMap=t[e.envMap]||null),e.envMapRotation!==void 0&&this.envMapRotation.fromArray(e.envMapRotation),e.envMapIntensity!==void 0&&(this.envMapIntensity=e.envMapIntensity),e.reflectivity!==void 0&&(this.reflectivity=e.reflectivity),e.refractionRatio!==void 0&&(this.refractionRatio=e.refractionRatio),e.lightMap!==void 0&&(this.lightMap=t[e.lightMap]||null),e.lightMapIntensity!==void 0&&(this.lightMapIntensity=e.lightMapIntensity),e.aoMap!==void 0&&(this.aoMap=t[e.aoMap]||null),e.aoMapIntensity!==void 0&&(this.aoMapIntensity=e.aoMapIntensity),e.gradientMap!==void 0&&(this.gradientMap=t[e.gradientMap]||null),e.clearcoatMap!==void 0&&(this.clearcoatMap=t[e.clearcoatMap]||null),e.clearcoatRoughnessMap!==void 0&&(this.clearcoatRoughnessMap=t[e.clearcoatRoughnessMap]||null),e.clearcoatNormalMap!==void 0&&(this.clearcoatNormalMap=t[e.clearcoatNormalMap]||null),e.clearcoatNormalScale!==void 0&&(this.clearcoatNormalScale=new q().fromArray(e.clearcoatNormalScale)),e.diffuseRoughnessMap!==void 0&&(this.diffuseRoughnessMap=t[e.diffuseRoughnessMap]||null),e.iridescenceMap!==void 0&&(this.iridescenceMap=t[e.iridescenceMap]||null),e.iridescenceThicknessMap!==void 0&&(this.iridescenceThicknessMap=t[e.iridescenceThicknessMap]||null),e.transmissionMap!==void 0&&(this.transmissionMap=t[e.transmissionMap]||null),e.thicknessMap!==void 0&&(this.thicknessMap=t[e.thicknessMap]||null),e.anisotropyMap!==void 0&&(this.anisotropyMap=t[e.anisotropyMap]||null),e.sheenColorMap!==void 0&&(this.sheenColorMap=t[e.sheenColorMap]||null),e.sheenRoughnessMap!==void 0&&(this.sheenRoughnessMap=t[e.sheenRoughnessMap]||null),this}clone(){return new this.constructor().copy(this)}copy(e){this.name=e.name,this.blending=e.blending,this.side=e.side,this.vertexColors=e.vertexColors,this.opacity=e.opacity,this.transparent=e.transparent,this.blendSrc=e.blendSrc,this.blendDst=e.blendDst,this.blendEquation=e.blendEquation,this.blendSrcAlpha=e.blendSrcAlpha,this.blendDstAlpha=e.blendDstAlpha,this.blendEquationAlpha=e.blendEquationAlpha,this.blendColor.copy(e.blendColor),this.blendAlpha=e.blendAlpha,this.depthFunc=e.depthFunc,this.depthTest=e.depthTest,this.depthWrite=e.depthWrite,this.stencilWriteMask=e.stencilWriteMask,this.stencilFunc=e.stencilFunc,this.stencilRef=e.stencilRef,this.stencilFuncMask=e.stencilFuncMask,this.stencilFail=e.stencilFail,this.stencilZFail=e.stencilZFail,this.stencilZPass=e.stencilZPass,this.stencilWrite=e.stencilWrite;let t=e.clippingPlanes,n=null;if(t!==null){let e=t.length;n=Array(e);for(let r=0;r!==e;++r)n[r]=t[r].clone()}return this.clippingPlanes=n,this.clipIntersection=e.clipIntersection,this.clipShadows=e.clipShadows,this.shadowSide=e.shadowSide,this.colorWrite=e.colorWrite,this.precision=e.precision,this.polygonOffset=e.polygonOffset,this.polygonOffsetFactor=e.polygonOffsetFactor,this.polygonOffsetUnits=e.polygonOffsetUnits,this.dithering=e.dithering,this.alphaTest=e.alphaTest,this.alphaHash=e.alphaHash,this.alphaToCoverage=e.alphaToCoverage,this.premultipliedAlpha=e.premultipliedAlpha,this.forceSinglePass=e.forceSinglePass,this.allowOverride=e.allowOverride,this.visible=e.visible,this.toneMapped=e.toneMapped,this.userData=JSON.parse(JSON.stringify(e.userData)),this}dispose(){this.dispatchEvent({type:`dispose`})}set needsUpdate(e){e===!0&&this.version++}},ed=new J,td=new J,nd=new J,rd=new J,id=class{constructor(e=new J,t=new J(0,0,-1)){this.origin=e,this.direction=t}set(e,t){return this.origin.copy(e),this.direction.copy(t),this}copy(e){return this.origin.copy(e.origin),this.direction.copy(e.direction),this}at(e,t){return t.copy(this.origin).addScaledVector(this.direction,e)}lookAt(e){return this.direction.copy(e).sub(this.origin).normalize(),this}recast(e){return this.origin.copy(this.at(e,ed)),this}closestPointToPoint(e,t){t.subVectors(e,this.origin);let n=t.dot(this.direction);return n<0?t.copy(this.origin):t.copy(this.origin).addScaledVector(this.direction,n)}distanceToPoint(e){return Math.sqrt(this.distanceSqToPoint(e))}distanceSqToPoint(e){let t=ed.subVectors(e,this.origin).dot(this.direction);return t<0?this.origin.distanceToSquared(e):(ed.copy(this.origin).addScaledVector(this.direction,t),ed.distanceToSquared(e))}distanceSqToSegment(e,t,n,r){td.copy(e).add(t).multiplyScalar(.5),nd.copy(t).sub(e).normalize(),rd.copy(this.origin).sub(td);let i=e.distanceTo(t)*.5,a=-this.direction.dot(nd),o=rd.dot(this.direction),s=-rd.dot(nd),c=rd.lengthSq(),l=Math.abs(1-a*a),u,d,f,p;if(l>0){if(u=a*s-o,d=a*o-s,p=i*l,u>=0){if(d>=-p){if(d<=p){let e=1/l;u*=e,d*=e,f=u*(u+a*d+2*o)+d*(a*u+d+2*s)+c}else d=i,u=Math.max(0,-(a*d+o)),f=-u*u+d*(d+2*s)+c}else d=-i,u=Math.max(0,-(a*d+o)),f=-u*u+d*(d+2*s)+c}else d<=-p?(u=Math.max(0,-(-a*i+o)),d=u>0?-i:Math.min(Math.max(-i,-s),i),f=-u*u+d*(d+2*s)+c):d<=p?(u=0,d=Math.min(Math.max(-i,-s),i),f=d*(d+2*s)+c):(u=Math.max(0,-(a*i+o)),d=u>0?i:Math.min(Math.max(-i,-s),i),f=-u*u+d*(d+2*s)+c)}else d=a>0?-i:i,u=Math.max(0,-(a*d+o)),f=-u*u+d*(d+2*s)+c;return n&&n.copy(this.origin).addScaledVector(this.direction,u),r&&r.copy(td).addScaledVector(nd,d),f}intersectSphere(e,t){if(e.radius<0)return null;ed.subVectors(e.center,this.origin);let n=ed.dot(this.direction),r=ed.dot(ed)-n*n,i=e.radius*e.radius;if(r>i)return null;let a=Math.sqrt(i-r),o=n-a,s=n+a;return s<0?null:o<0?this.at(s,t):this.at(o,t)}intersectsSphere(e){return e.radius<0?!1:this.distanceSqToPoint(e.center)<=e.radius*e.radius}distanceToPlane(e){let t=e.normal.dot(this.direction);if(t===0)return e.distanceToPoint(this.origin)===0?0:null;let n=-(this.origin.dot(e.normal)+e.constant)/t;return n>=0?n:null}intersectPlane(e,t){let n=this.distanceToPlane(e);return n===null?null:this.at(n,t)}intersectsPlane(e){let t=e.distanceToPoint(this.origin);return t===0||e.normal.dot(this.direction)*t<0}intersectBox(e,t){let n,r,i,a,o,s,c=1/this.direction.x,l=1/this.direction.y,u=1/this.direction.z,d=this.origin;return c>=0?(n=(e.min.x-d.x)*c,r=(e.max.x-d.x)*c):(n=(e.max.x-d.x)*c,r=(e.min.x-d.x)*c),l>=0?(i=(e.min.y-d.y)*l,a=(e.max.y-d.y)*l):(i=(e.max.y-d.y)*l,a=(e.min.y-d.y)*l),n>a||i>r||((i>n||isNaN(n))&&(n=i),(a<r||isNaN(r))&&(r=a),u>=0?(o=(e.min.z-d.z)*u,s=(e.max.z-d.z)*u):(o=(e.max.z-d.z)*u,s=(e.min.z-d.z)*u),n>s||o>r)||((o>n||n!==n)&&(n=o),(s<r||r!==r)&&(r=s),r<0)?null:this.at(n>=0?n:r,t)}intersectsBox(e){return this.intersectBox(e,ed)!==null}intersectTriangle(e,t,n,r,i){let a=this.origin,o=this.direction,s=o.x,c=o.y,l=o.z,u=e.x-a.x,d=e.y-a.y,f=e.z-a.z,p=t.x-a.x,m=t.y-a.y,h=t.z-a.z,g=n.x-a.x,_=n.y-a.y,v=n.z-a.z,y=Math.abs(s),b=Math.abs(c),x=Math.abs(l),S,C,w,T,E,D,O,k,A,j,M,N;if(y>=b&&y>=x?(w=s,D=u,A=p,N=g,s>=0?(S=c,C=l,T=d,E=f,O=m,k=h,j=_,M=v):(S=l,C=c,T=f,E=d,O=h,k=m,j=v,M=_)):b>=x?(w=c,D=d,A=m,N=_,c>=0?(S=l,C=s,T=f,E=u,O=h,k=p,j=v,M=g):(S=s,C=l,T=u,E=f,O=p,k=h,j=g,M=v)):(w=l,D=f,A=h,N=v,l>=0?(S=s,C=c,T=u,E=d,O=p,k=m,j=g,M=_):(S=c,C=s,T=d,E=u,O=m,k=p,j=_,M=g)),w===0)return null;let ee=S/w,te=C/w,P=1/w,F=T-ee*D,ne=E-te*D,re=O-ee*A,ie=k-te*A,ae=j-ee*N,oe=M-te*N,se=ae*ie-oe*re,ce=F*oe-ne*ae,le=re*ne-ie*F;if(r){if(se<0||ce<0||le<0)return null}else if((se<0||ce<0||le<0)&&(se>0||ce>0||le>0))return null;let ue=se+ce+le;if(ue===0)return null;let de=P*(se*D+ce*A+le*N);return(ue>0?de<0:de>0)?null:this.at(de/ue,i)}applyMatrix4(e){return this.origin.applyMatrix4(e),this.direction.transformDirection(e),this}equals(e){return e.origin.equals(this.origin)&&e.direction.equals(this.direction)}clone(){return new this.constructor().copy(this)}},ad=class extends $u{constructor(e){super(),this.isMeshBasicMaterial=!0,this.type=`MeshBasicMaterial`,this.color=new Z(16777215),this.map=null,this.lightMap=null,this.lightMapIntensity=1,this.aoMap=null,this.aoMapIntensity=1,this.specularMap=null,this.alphaMap=null,this.envMap=null,this.envMapRotation=new Dl,this.combine=0,this.reflectivity=1,this.refractionRatio=.98,this.wireframe=!1,this.wireframeLinewidth=1,this.wireframeLinecap=`round`,this.wireframeLinejoin=`round`,this.fog=!0,this.setValues(e)}copy(e){return super.copy(e),this.color.copy(e.color),this.map=e.map,this.lightMap=e.lightMap,this.lightMapIntensity=e.lightMapIntensity,this.aoMap=e.aoMap,this.aoMapIntensity=e.aoMapIntensity,this.specularMap=e.specularMap,this.alphaMap=e.alphaMap,this.envMap=e.envMap,this.envMapRotation.copy(e.envMapRotation),this.combine=e.combine,this.reflectivity=e.reflectivity,this.refractionRatio=e.refractionRatio,this.wireframe=e.wireframe,this.wireframeLinewidth=e.wireframeLinewidth,this.wireframeLinecap=e.wireframeLinecap,this.wireframeLinejoin=e.wireframeLinejoin,this.fog=e.fog,this}},od=new _l,sd=new id,cd=new zu,ld=new J,ud=new J,dd=new J,fd=new J,pd=new J,md=new J,hd=new J,gd=new J,_d=class extends Wl{constructor(e=new qu,t=new ad){super(),this.isMesh=!0,this.type=`Mesh`,this.geometry=e,this.material=t,this.morphTargetDictionary=void 0,this.morphTargetInfluences=void 0,this.count=1,this.updateMorphTargets()}copy(e,t){return super.copy(e,t),this.morphTargetInfluences=e.morphTargetInfluences===void 0?void 0:e.morphTargetInfluences.slice(),this.morphTargetDictionary=e.morphTargetDictionary===void 0?void 0:Object.assign({},e.morphTargetDictionary),this.material=Array.isArray(e.material)?e.material.slice():e.material,this.geometry=e.geometry,this}updateMorphTargets(){let e=this.geometry.morphAttributes,t=Object.keys(e);if(t.length>0){let n=e[t[0]];if(n!==void 0){this.morphTargetInfluences=[],this.morphTargetDictionary={};for(let e=0,t=n.length;e<t;e++){let t=n[e].name||String(e);this.morphTargetInfluences.push(0),this.morphTargetDictionary[t]=e}}}}getVertexPosition(e,t){let n=this.geometry,r=n.attributes.position,i=n.morphAttributes.position,a=n.morphTargetsRelative;t.fromBufferAttribute(r,e);let o=this.morphTargetInfluences;if(i&&o){md.set(0,0,0);for(let n=0,r=i.length;n<r;n++){let r=o[n],s=i[n];r!==0&&(pd.fromBufferAttribute(s,e),a?md.addScaledVector(pd,r):md.addScaledVector(pd.sub(t),r))}t.add(md)}return t}intersectsFrustum(e){return e.intersectsObject(this)}raycast(e,t){let n=this.geometry,r=this.material,i=this.matrixWorld;r!==void 0&&(n.boundingSphere===null&&n.computeBoundingSphere(),cd.copy(n.boundingSphere),cd.applyMatrix4(i),sd.copy(e.ray).recast(e.near),cd.containsPoint(sd.origin)===!1&&(sd.intersectSphere(cd,ld)===null||sd.origin.distanceToSquared(ld)>(e.far-e.near)**2)||(od.copy(i).invert(),sd.copy(e.ray).applyMatrix4(od),(n.boundingBox===null||sd.intersectsBox(n.boundingBox)!==!1)&&this._computeIntersections(e,t,sd)))}_computeIntersections(e,t,n){let r,i=this.geometry,a=this.material,o=i.index,s=i.attributes.position,c=i.attributes.uv,l=i.attributes.uv1,u=i.attributes.normal,d=i.groups,f=i.drawRange;if(o!==null){if(Array.isArray(a))for(let i=0,s=d.length;i<s;i++){let s=d[i],p=a[s.materialIndex],m=Math.max(s.start,f.start),h=Math.min(o.count,Math.min(s.start+s.count,f.start+f.count));for(let i=m,a=h;i<a;i+=3){let a=o.getX(i),d=o.getX(i+1),f=o.getX(i+2);r=yd(this,p,e,n,c,l,u,a,d,f),r&&(r.faceIndex=Math.floor(i/3),r.face.materialIndex=s.materialIndex,t.push(r))}}else{let i=Math.max(0,f.start),s=Math.min(o.count,f.start+f.count);for(let d=i,f=s;d<f;d+=3){let i=o.getX(d),s=o.getX(d+1),f=o.getX(d+2);r=yd(this,a,e,n,c,l,u,i,s,f),r&&(r.faceIndex=Math.floor(d/3),t.push(r))}}}else if(s!==void 0){if(Array.isArray(a))for(let i=0,o=d.length;i<o;i++){let o=d[i],p=a[o.materialIndex],m=Math.max(o.start,f.start),h=Math.min(s.count,Math.min(o.start+o.count,f.start+f.count));for(let i=m,a=h;i<a;i+=3){let a=i,s=i+1,d=i+2;r=yd(this,p,e,n,c,l,u,a,s,d),r&&(r.faceIndex=Math.floor(i/3),r.face.materialIndex=o.materialIndex,t.push(r))}}else{let i=Math.max(0,f.start),o=Math.min(s.count,f.start+f.count);for(let s=i,d=o;s<d;s+=3){let i=s,o=s+1,d=s+2;r=yd(this,a,e,n,c,l,u,i,o,d),r&&(r.faceIndex=Math.floor(s/3),t.push(r))}}}}};function vd(e,t,n,r,i,a,o,s){let c;if(c=t.side===1?r.intersectTriangle(o,a,i,!0,s):r.intersectTriangle(i,a,o,t.side===0,s),c===null)return null;gd.copy(s),gd.applyMatrix4(e.matrixWorld);let l=n.ray.origin.distanceTo(gd);return l<n.near||l>n.far?null:{distance:l,point:gd.clone(),object:e}}function yd(e,t,n,r,i,a,o,s,c,l){e.getVertexPosition(s,ud),e.getVertexPosition(c,dd),e.getVertexPosition(l,fd);let u=vd(e,t,n,r,ud,dd,fd,hd);if(u){let e=new J;pu.getBarycoord(hd,ud,dd,fd,e),i&&(u.uv=pu.getInterpolatedAttribute(i,s,c,l,e,new q)),a&&(u.uv1=pu.getInterpolatedAttribute(a,s,c,l,e,new q)),o&&(u.normal=pu.getInterpolatedAttribute(o,s,c,l,e,new J),u.normal.dot(r.direction)>0&&u.normal.multiplyScalar(-1));let t={a:s,b:c,c:l,normal:new J,materialIndex:0};pu.getNormal(ud,dd,fd,t.normal),u.face=t,u.barycoord=e}return u}var bd=class extends dl{constructor(e=null,t=1,n=1,r,i,a,o,s,c=ns,l=ns,u,d){super(null,a,o,s,c,l,r,i,u,d),this.isDataTexture=!0,this.image={data:e,width:t,height:n},this.generateMipmaps=!1,this.flipY=!1,this.unpackAlignment=1}},xd=class extends Mu{constructor(e,t,n,r=1){super(e,t,n),this.isInstancedBufferAttribute=!0,this.meshPerAttribute=r}copy(e){return super.copy(e),this.meshPerAttribute=e.meshPerAttribute,this}toJSON(){let e=super.toJSON();return e.meshPerAttribute=this.meshPerAttribute,e.isInstancedBufferAttribute=!0,e}},Sd=new zu,Cd=new q(.5,.5),wd=new J,Td=class{constructor(e=new Zu,t=new Zu,n=new Zu,r=new Zu,i=new Zu,a=new Zu){this.planes=[e,t,n,r,i,a]}set(e,t,n,r,i,a){let o=this.planes;return o[0].copy(e),o[1].copy(t),o[2].copy(n),o[3].copy(r),o[4].copy(i),o[5].copy(a),this}copy(e){let t=this.planes;for(let n=0;n<6;n++)t[n].copy(e.planes[n]);return this}setFromProjectionMatrix(e,t=Dc,n=!1){let r=this.planes,i=e.elements,a=i[0],o=i[1],s=i[2],c=i[3],l=i[4],u=i[5],d=i[6],f=i[7],p=i[8],m=i[9],h=i[10],g=i[11],_=i[12],v=i[13],y=i[14],b=i[15];if(r[0].setComponents(c-a,f-l,g-p,b-_).normalize(),r[1].setComponents(c+a,f+l,g+p,b+_).normalize(),r[2].setComponents(c+o,f+u,g+m,b+v).normalize(),r[3].setComponents(c-o,f-u,g-m,b-v).normalize(),n)r[4].setComponents(s,d,h,y).normalize(),r[5].setComponents(c-s,f-d,g-h,b-y).normalize();else if(r[4].setComponents(c-s,f-d,g-h,b-y).normalize(),t===2e3)r[5].setComponents(c+s,f+d,g+h,b+y).normalize();else if(t===2001)r[5].setComponents(s,d,h,y).normalize();else throw Error(`THREE.Frustum.setFromProjectionMatrix(): Invalid coordinate system: `+t);return this}intersectsObject(e){if(e.boundingSphere!==void 0)e.boundingSphere===null&&e.computeBoundingSphere(),Sd.copy(e.boundingSphere).applyMatrix4(e.matrixWorld);else{let t=e.geometry;t.boundingSphere===null&&t.computeBoundingSphere(),Sd.copy(t.boundingSphere).applyMatrix4(e.matrixWorld)}return this.intersectsSphere(Sd)}intersectsSprite(e){return Sd.center.set(0,0,0),Sd.radius=.7071067811865476+Cd.distanceTo(e.center),Sd.applyMatrix4(e.matrixWorld),this.intersectsSphere(Sd)}intersectsSphere(e){let t=this.planes,n=e.center,r=-e.radius;for(let e=0;e<6;e++)if(t[e].distanceToPoint(n)<r)return!1;return!0}intersectsBox(e){let t=this.planes;for(let n=0;n<6;n++){let r=t[n];if(wd.x=r.normal.x>0?e.max.x:e.min.x,wd.y=r.normal.y>0?e.max.y:e.min.y,wd.z=r.normal.z>0?e.max.z:e.min.z,r.distanceToPoint(wd)<0)return!1}return!0}containsPoint(e){let t=this.planes;for(let n=0;n<6;n++)if(t[n].distanceToPoint(e)<0)return!1;return!0}clone(){return new this.constructor().copy(this)}},Ed=new _l,Dd=class e{constructor(){this.coordinateSystem=Dc,this._frustums=[],this._count=0}setFromArrayCamera(e){let t=e.cameras,n=this._frustums;for(let e=0;e<t.length;e++){let r=t[e];Ed.multiplyMatrices(r.projectionMatrix,r.matrixWorldInverse),n[e]===void 0&&(n[e]=new Td),n[e].setFromProjectionMatrix(Ed,r.coordinateSystem,r.reversedDepth)}return this._count=t.length,this}getFrustum(e){return this._frustums[e]}intersectsObject(e){let t=this._frustums;for(let n=0;n<this._count;n++)if(t[n].intersectsObject(e))return!0;return!1}intersectsSprite(e){let t=this._frustums;for(let n=0;n<this._count;n++)if(t[n].intersectsSprite(e))return!0;return!1}intersectsSphere(e){let t=this._frustums;for(let n=0;n<this._count;n++)if(t[n].intersectsSphere(e))return!0;return!1}intersectsBox(e){let t=this._frustums;for(let n=0;n<this._count;n++)if(t[n].intersectsBox(e))return!0;return!1}containsPoint(e){let t=this._frustums;for(let n=0;n<this._count;n++)if(t[n].containsPoint(e))return!0;return!1}copy(e){this.coordinateSystem=e.coordinateSystem;let t=this._frustums,n=e._frustums;for(let r=0;r<e._count;r++)t[r]===void 0&&(t[r]=new Td),t[r].copy(n[r]);return this._count=e._count,this}clone(){return new e().copy(this)}},Od=class extends $u{constructor(e){super(),this.isPointsMaterial=!0,this.type=`PointsMaterial`,this.color=new Z(16777215),this.map=null,this.alphaMap=null,this.size=1,this.sizeAttenuation=!0,this.fog=!0,this.setValues(e)}copy(e){return super.copy(e),this.color.copy(e.color),this.map=e.map,this.alphaMap=e.alphaMap,this.size=e.size,this.sizeAttenuation=e.sizeAttenuation,this.fog=e.fog,this}},kd=new _l,Ad=new id,jd=new zu,Md=new J,Nd=class extends Wl{constructor(e=new qu,t=new Od){super(),this.isPoints=!0,this.type=`Points`,this.geometry=e,this.material=t,this.morphTargetDictionary=void 0,this.morphTargetInfluences=void 0,this.updateMorphTargets()}copy(e,t){return super.copy(e,t),this.morphTargetInfluences=e.morphTargetInfluences===void 0?void 0:e.morphTargetInfluences.slice(),this.morphTargetDictionary=e.morphTargetDictionary===void 0?void 0:Object.assign({},e.morphTargetDictionary),this.material=Array.isArray(e.material)?e.material.slice():e.material,this.geometry=e.geometry,this}intersectsFrustum(e){return e.intersectsObject(this)}raycast(e,t){let n=this.geometry,r=this.matrixWorld,i=e.params.Points.threshold,a=n.drawRange;if(n.boundingSphere===null&&n.computeBoundingSphere(),jd.copy(n.boundingSphere),jd.applyMatrix4(r),jd.radius+=i,e.ray.intersectsSphere(jd)===!1)return;kd.copy(r).invert(),Ad.copy(e.ray).applyMatrix4(kd);let o=i/((this.scale.x+this.scale.y+this.scale.z)/3),s=o*o,c=n.index,l=n.attributes.position;if(c!==null){let n=Math.max(0,a.start),i=Math.min(c.count,a.start+a.count);for(let a=n,o=i;a<o;a++){let n=c.getX(a);Md.fromBufferAttribute(l,n),Pd(Md,n,s,r,e,t,this)}}else{let n=Math.max(0,a.start),i=Math.min(l.count,a.start+a.count);for(let a=n,o=i;a<o;a++)Md.fromBufferAttribute(l,a),Pd(Md,a,s,r,e,t,this)}}updateMorphTargets(){let e=this.geometry.morphAttributes,t=Object.keys(e);if(t.length>0){let n=e[t[0]];if(n!==void 0){this.morphTargetInfluences=[],this.morphTargetDictionary={};for(let e=0,t=n.length;e<t;e++){let t=n[e].name||String(e);this.morphTargetInfluences.push(0),this.morphTargetDictionary[t]=e}}}}};function Pd(e,t,n,r,i,a,o){let s=Ad.distanceSqToPoint(e);if(s<n){let n=new J;Ad.closestPointToPoint(e,n),n.applyMatrix4(r);let c=i.ray.origin.distanceTo(n);if(c<i.near||c>i.far)return;a.push({distance:c,distanceToRay:Math.sqrt(s),point:n,index:t,face:null,faceIndex:null,barycoord:null,object:o})}}var Fd=class extends dl{constructor(e=[],t=301,n,r,i,a,o,s,c,l){super(e,t,n,r,i,a,o,s,c,l),this.isCubeTexture=!0,this.flipY=!1}get images(){return this.image}set images(e){this.image=e}},Id=class extends dl{constructor(e,t,n=ps,r,i,a,o=ns,s=ns,c,l=ws,u=1){if(l!==1026&&l!==1027)throw Error(`THREE.DepthTexture: format must be either THREE.DepthFormat or THREE.DepthStencilFormat`);super({width:e,height:t,depth:u},r,i,a,o,s,l,n,c),this.isDepthTexture=!0,this.flipY=!1,this.generateMipmaps=!1,this.compareFunction=null}copy(e){return super.copy(e),this.source=new sl(Object.assign({},e.image)),this.compareFunction=e.compareFunction,this}toJSON(e){let t=super.toJSON(e);return t.compareFunction=this.compareFunction,t}},Ld=class extends Id{constructor(e,t=ps,n=301,r,i,a=ns,o=ns,s,c=ws){let l={width:e,height:e,depth:1},u=[l,l,l,l,l,l];super(e,e,t,n,r,i,a,o,s,c),this.image=u,this.isCubeDepthTexture=!0,this.isCubeTexture=!0}get images(){return this.image}set images(e){this.image=e}},Rd=class extends dl{constructor(e=null){super(),this.sourceTexture=e,this.isExternalTexture=!0}copy(e){return super.copy(e),this.sourceTexture=e.sourceTexture,this}},zd=class e extends qu{constructor(e=1,t=1,n=1,r=1,i=1,a=1){super(),this.type=`BoxGeometry`,this.parameters={width:e,height:t,depth:n,widthSegments:r,heightSegments:i,depthSegments:a};let o=this;r=Math.floor(r),i=Math.floor(i),a=Math.floor(a);let s=[],c=[],l=[],u=[],d=0,f=0;p(`z`,`y`,`x`,-1,-1,n,t,e,a,i,0),p(`z`,`y`,`x`,1,-1,n,t,-e,a,i,1),p(`x`,`z`,`y`,1,1,e,n,t,r,a,2),p(`x`,`z`,`y`,1,-1,e,n,-t,r,a,3),p(`x`,`y`,`z`,1,-1,e,t,n,r,i,4),p(`x`,`y`,`z`,-1,-1,e,t,-n,r,i,5),this.setIndex(s),this.setAttribute(`position`,new Fu(c,3)),this.setAttribute(`normal`,new Fu(l,3)),this.setAttribute(`uv`,new Fu(u,2));function p(e,t,n,r,i,a,p,m,h,g,_){let v=a/h,y=p/g,b=a/2,x=p/2,S=m/2,C=h+1,w=g+1,T=0,E=0,D=new J;for(let a=0;a<w;a++){let o=a*y-x;for(let s=0;s<C;s++)D[e]=(s*v-b)*r,D[t]=o*i,D[n]=S,c.push(D.x,D.y,D.z),D[e]=0,D[t]=0,D[n]=m>0?1:-1,l.push(D.x,D.y,D.z),u.push(s/h),u.push(1-a/g),T+=1}for(let e=0;e<g;e++)for(let t=0;t<h;t++){let n=d+t+C*e,r=d+t+C*(e+1),i=d+(t+1)+C*(e+1),a=d+(t+1)+C*e;s.push(n,r,a),s.push(r,i,a),E+=6}o.addGroup(f,E,_),f+=E,d+=T}}copy(e){return super.copy(e),this.parameters=Object.assign({},e.parameters),this}static fromJSON(t){return new e(t.width,t.height,t.depth,t.widthSegments,t.heightSegments,t.depthSegments)}},Bd=class e extends qu{constructor(e=1,t=1,n=1,r=1){super(),this.type=`PlaneGeometry`,this.parameters={width:e,height:t,widthSegments:n,heightSegments:r};let i=e/2,a=t/2,o=Math.floor(n),s=Math.floor(r),c=o+1,l=s+1,u=e/o,d=t/s,f=[],p=[],m=[],h=[];for(let e=0;e<l;e++){let t=e*d-a;for(let n=0;n<c;n++){let r=n*u-i;p.push(r,-t,0),m.push(0,0,1),h.push(n/o),h.push(1-e/s)}}for(let e=0;e<s;e++)for(let t=0;t<o;t++){let n=t+c*e,r=t+c*(e+1),i=t+1+c*(e+1),a=t+1+c*e;f.push(n,r,a),f.push(r,i,a)}this.setIndex(f),this.setAttribute(`position`,new Fu(p,3)),this.setAttribute(`normal`,new Fu(m,3)),this.setAttribute(`uv`,new Fu(h,2))}copy(e){return super.copy(e),this.parameters=Object.assign({},e.parameters),this}static fromJSON(t){return new e(t.width,t.height,t.widthSegments,t.heightSegments)}};function Vd(e){let t={};for(let n in e){t[n]={};for(let r in e[n]){let i=e[n][r];if(Ud(i))i.isRenderTargetTexture?(W(`UniformsUtils: Textures of render targets cannot be cloned via cloneUniforms() or mergeUniforms().`),t[n][r]=null):t[n][r]=i.clone();else if(Array.isArray(i)){if(Ud(i[0])){let e=[];for(let t=0,n=i.length;t<n;t++)e[t]=i[t].clone();t[n][r]=e}else t[n][r]=i.slice()}else t[n][r]=i}}return t}function Hd(e){let t={};for(let n=0;n<e.length;n++){let r=Vd(e[n]);for(let e in r)t[e]=r[e]}return t}function Ud(e){return e&&(e.isColor||e.isMatrix3||e.isMatrix4||e.isVector2||e.isVector3||e.isVector4||e.isTexture||e.isQuaternion)}function Wd(e){let t=[];for(let n=0;n<e.length;n++)t.push(e[n].clone());return t}function Gd(e){let t=e.getRenderTarget();return t===null?e.outputColorSpace:t.isXRRenderTarget===!0?t.texture.colorSpace:X.workingColorSpace}var Kd={clone:Vd,merge:Hd},qd=`void main() {
	gl_Position = projectionMatrix * modelViewMatrix * vec4( position, 1.0 );
}`,Jd=`void main() {
	gl_FragColor = vec4( 1.0, 0.0, 0.0, 1.0 );
}`,Yd=class extends $u{constructor(e){super(),this.isShaderMaterial=!0,this.type=`ShaderMaterial`,this.defines={},this.uniforms={},this.uniformsGroups=[],this.vertexShader=qd,this.fragmentShader=Jd,this.linewidth=1,this.wireframe=!1,this.wireframeLinewidth=1,this.fog=!1,this.lights=!1,this.clipping=!1,this.forceSinglePass=!0,this.extensions={clipCullDistance:!1,multiDraw:!1},this.defaultAttributeValues={color:[1,1,1],uv:[0,0],uv1:[0,0]},this.index0AttributeName=void 0,this.uniformsNeedUpdate=!1,this.glslVersion=null,e!==void 0&&this.setValues(e)}copy(e){return super.copy(e),this.fragmentShader=e.fragmentShader,this.vertexShader=e.vertexShader,this.uniforms=Vd(e.uniforms),this.uniformsGroups=Wd(e.uniformsGroups),this.defines=Object.assign({},e.defines),this.wireframe=e.wireframe,this.wireframeLinewidth=e.wireframeLinewidth,this.fog=e.fog,this.lights=e.lights,this.clipping=e.clipping,this.extensions=Object.assign({},e.extensions),this.glslVersion=e.glslVersion,this.defaultAttributeValues=Object.assign({},e.defaultAttributeValues),this.index0AttributeName=e.index0AttributeName,this.uniformsNeedUpdate=e.uniformsNeedUpdate,this}toJSON(e){let t=super.toJSON(e);t.glslVersion=this.glslVersion,t.uniforms={};for(let n in this.uniforms){let r=this.uniforms[n].value;r&&r.isTexture?t.uniforms[n]={type:`t`,value:r.toJSON(e).uuid}:r&&r.isColor?t.uniforms[n]={type:`c`,value:r.getHex()}:r&&r.isVector2?t.uniforms[n]={type:`v2`,value:r.toArray()}:r&&r.isVector3?t.uniforms[n]={type:`v3`,value:r.toArray()}:r&&r.isVector4?t.uniforms[n]={type:`v4`,value:r.toArray()}:r&&r.isMatrix3?t.uniforms[n]={type:`m3`,value:r.toArray()}:r&&r.isMatrix4?t.uniforms[n]={type:`m4`,value:r.toArray()}:t.uniforms[n]={value:r}}Object.keys(this.defines).length>0&&(t.defines=this.defines),t.vertexShader=this.vertexShader,t.fragmentShader=this.fragmentShader,t.lights=this.lights,t.clipping=this.clipping;let n={};for(let e in this.extensions)this.extensions[e]===!0&&(n[e]=!0);return Object.keys(n).length>0&&(t.extensions=n),t}fromJSON(e,t){if(super.fromJSON(e,t),e.uniforms!==void 0)for(let n in e.uniforms){let r=e.uniforms[n];switch(this.uniforms[n]={},r.type){case`t`:this.uniforms[n].value=t[r.value]||null;break;case`c`:this.uniforms[n].value=new Z().setHex(r.value);break;case`v2`:this.uniforms[n].value=new q().fromArray(r.value);break;case`v3`:this.uniforms[n].value=new J().fromArray(r.value);break;case`v4`:this.uniforms[n].value=new fl().fromArray(r.value);break;case`m3`:this.uniforms[n].value=new Y().fromArray(r.value);break;case`m4`:this.uniforms[n].value=new _l().fromArray(r.value);break;default:this.uniforms[n].value=r.value}}if(e.defines!==void 0&&(this.defines=e.defines),e.vertexShader!==void 0&&(this.vertexShader=e.vertexShader),e.fragmentShader!==void 0&&(this.fragmentShader=e.fragmentShader),e.glslVersion!==void 0&&(this.glslVersion=e.glslVersion),e.extensions!==void 0)for(let t in e.extensions)this.extensions[t]=e.extensions[t];return e.lights!==void 0&&(this.lights=e.lights),e.clipping!==void 0&&(this.clipping=e.clipping),this}},Xd=class extends Yd{constructor(e){super(e),this.isRawShaderMaterial=!0,this.type=`RawShaderMaterial`}},Zd=class extends $u{constructor(e){super(),this.isMeshDepthMaterial=!0,this.type=`MeshDepthMaterial`,this.depthPacking=bc,this.map=null,this.alphaMap=null,this.displacementMap=null,this.displacementScale=1,this.displacementBias=0,this.wireframe=!1,this.wireframeLinewidth=1,this.setValues(e)}copy(e){return super.copy(e),this.depthPacking=e.depthPacking,this.map=e.map,this.alphaMap=e.alphaMap,this.displacementMap=e.displacementMap,this.displacementScale=e.displacementScale,this.displacementBias=e.displacementBias,this.wireframe=e.wireframe,this.wireframeLinewidth=e.wireframeLinewidth,this}},Qd=class extends $u{constructor(e){super(),this.isMeshDistanceMaterial=!0,this.type=`MeshDistanceMaterial`,this.map=null,this.alphaMap=null,this.displacementMap=null,this.displacementScale=1,this.displacementBias=0,this.setValues(e)}copy(e){return super.copy(e),this.map=e.map,this.alphaMap=e.alphaMap,this.displacementMap=e.displacementMap,this.displacementScale=e.displacementScale,this.displacementBias=e.displacementBias,this}};function $d(e,t){return!e||e.constructor===t?e:typeof t.BYTES_PER_ELEMENT==`number`?new t(e):Array.prototype.slice.call(e)}function ef(e){return e!==void 0&&e.inTangents!==void 0&&e.outTangents!==void 0}var tf=class{constructor(e,t,n,r){this.parameterPositions=e,this._cachedIndex=0,this.resultBuffer=r===void 0?new t.constructor(n):r,this.sampleValues=t,this.valueSize=n,this.settings=null,this.DefaultSettings_={}}evaluate(e){let t=this.parameterPositions,n=this._cachedIndex,r=t[n],i=t[n-1];validate_interval:{seek:{let a;linear_scan:{forward_scan:if(!(e<r)){for(let a=n+2;;){if(r===void 0){if(e<i)break forward_scan;return n=t.length,this._cachedIndex=n,this.copySampleValue_(n-1)}if(n===a)break;if(i=r,r=t[++n],e<r)break seek}a=t.length;break linear_scan}if(!(e>=i)){let o=t[1];e<o&&(n=2,i=o);for(let a=n-2;;){if(i===void 0)return this._cachedIndex=0,this.copySampleValue_(0);if(n===a)break;if(r=i,i=t[--n-1],e>=i)break seek}a=n,n=0;break linear_scan}break validate_interval}for(;n<a;){let r=n+a>>>1;e<t[r]?a=r:n=r+1}if(r=t[n],i=t[n-1],i===void 0)return this._cachedIndex=0,this.copySampleValue_(0);if(r===void 0)return n=t.length,this._cachedIndex=n,this.copySampleValue_(n-1)}this._cachedIndex=n,this.intervalChanged_(n,i,r)}return this.interpolate_(n,i,e,r)}getSettings_(){return this.settings||this.DefaultSettings_}copySampleValue_(e){let t=this.resultBuffer,n=this.sampleValues,r=this.valueSize,i=e*r;for(let e=0;e!==r;++e)t[e]=n[i+e];return t}interpolate_(){throw Error(`THREE.Interpolant: Call to abstract method.`)}intervalChanged_(){}},nf=class extends tf{constructor(e,t,n,r){super(e,t,n,r),this._weightPrev=-0,this._offsetPrev=-0,this._weightNext=-0,this._offsetNext=-0,this.DefaultSettings_={endingStart:_c,endingEnd:_c}}intervalChanged_(e,t,n){let r=this.parameterPositions,i=e-2,a=e+1,o=r[i],s=r[a];if(o===void 0)switch(this.getSettings_().endingStart){case vc:i=e,o=2*t-n;break;case yc:i=r.length-2,o=t+r[i]-r[i+1];break;default:i=e,o=n}if(s===void 0)switch(this.getSettings_().endingEnd){case vc:a=e,s=2*n-t;break;case yc:a=1,s=n+r[1]-r[0];break;default:a=e-1,s=t}let c=(n-t)*.5,l=this.valueSize;this._weightPrev=c/(t-o),this._weightNext=c/(s-n),this._offsetPrev=i*l,this._offsetNext=a*l}interpolate_(e,t,n,r){let i=this.resultBuffer,a=this.sampleValues,o=this.valueSize,s=e*o,c=s-o,l=this._offsetPrev,u=this._offsetNext,d=this._weightPrev,f=this._weightNext,p=(n-t)/(r-t),m=p*p,h=m*p,g=-d*h+2*d*m-d*p,_=(1+d)*h+(-1.5-2*d)*m+(-.5+d)*p+1,v=(-1-f)*h+(1.5+f)*m+.5*p,y=f*h-f*m;for(let e=0;e!==o;++e)i[e]=g*a[l+e]+_*a[c+e]+v*a[s+e]+y*a[u+e];return i}},rf=class extends tf{constructor(e,t,n,r){super(e,t,n,r)}interpolate_(e,t,n,r){let i=this.resultBuffer,a=this.sampleValues,o=this.valueSize,s=e*o,c=s-o,l=(n-t)/(r-t),u=1-l;for(let e=0;e!==o;++e)i[e]=a[c+e]*u+a[s+e]*l;return i}},af=class extends tf{constructor(e,t,n,r){super(e,t,n,r)}interpolate_(e){return this.copySampleValue_(e-1)}},of=class extends tf{interpolate_(e,t,n,r){let i=this.resultBuffer,a=this.sampleValues,o=this.valueSize,s=e*o,c=s-o,l=this.inTangents,u=this.outTangents;if(!l||!u){let e=(n-t)/(r-t),l=1-e;for(let t=0;t!==o;++t)i[t]=a[c+t]*l+a[s+t]*e;return i}let d=o*2,f=e-1;for(let p=0;p!==o;++p){let o=a[c+p],m=a[s+p],h=f*d+p*2,g=u[h],_=u[h+1],v=e*d+p*2,y=l[v],b=l[v+1],x=lf(n,t,g,y,r);i[p]=sf(x,o,_,b,m)}return i}};function sf(e,t,n,r,i){let a=1-e;return a*a*a*t+3*a*a*e*n+3*a*e*e*r+e*e*e*i}function cf(e,t,n,r,i){let a=1-e;return 3*a*a*(n-t)+6*a*e*(r-n)+3*e*e*(i-r)}function lf(e,t,n,r,i){let a=(e-t)/(i-t);for(let o=0;o<8;o++){let o=sf(a,t,n,r,i)-e;if(Math.abs(o)<1e-10)break;let s=cf(a,t,n,r,i);if(Math.abs(s)<1e-10)break;a=Math.max(0,Math.min(1,a-o/s))}return a}var uf=class{constructor(e,t,n,r){if(e===void 0)throw Error(`THREE.KeyframeTrack: track name is undefined`);if(t===void 0||t.length===0)throw Error(`THREE.KeyframeTrack: no keyframes in track named `+e);this.name=e,this.times=$d(t,this.TimeBufferType),this.values=$d(n,this.ValueBufferType),this.setInterpolation(r||this.DefaultInterpolation)}static toJSON(e){let t=e.constructor,n;if(t.toJSON!==this.toJSON)n=t.toJSON(e);else{n={name:e.name,times:$d(e.times,Array),values:$d(e.values,Array)};let t=e.getInterpolation();t!==e.DefaultInterpolation&&(n.interpolation=t),ef(e.settings)&&(n.settings={inTangents:$d(e.settings.inTangents,Array),outTangents:$d(e.settings.outTangents,Array)})}return n.type=e.ValueTypeName,n}InterpolantFactoryMethodDiscrete(e){return new af(this.times,this.values,this.getValueSize(),e)}InterpolantFactoryMethodLinear(e){return new rf(this.times,this.values,this.getValueSize(),e)}InterpolantFactoryMethodSmooth(e){return new nf(this.times,this.values,this.getValueSize(),e)}InterpolantFactoryMethodBezier(e){let t=new of(this.times,this.values,this.getValueSize(),e);return this.settings&&(t.inTangents=this.settings.inTangents,t.outTangents=this.settings.outTangents),t}setInterpolation(e){let t;switch(e){case pc:t=this.InterpolantFactoryMethodDiscrete;break;case mc:t=this.InterpolantFactoryMethodLinear;break;case hc:t=this.InterpolantFactoryMethodSmooth;break;case gc:t=this.InterpolantFactoryMethodBezier}if(t===void 0){let t=`unsupported interpolation for `+this.ValueTypeName+` keyframe track named `+this.name;if(this.createInterpolant===void 0){if(e!==this.DefaultInterpolation)this.setInterpolation(this.DefaultInterpolation);else throw Error(t)}return W(`KeyframeTrack:`,t),this}return this.createInterpolant=t,this}getInterpolation(){switch(this.createInterpolant){case this.InterpolantFactoryMethodDiscrete:return pc;case this.InterpolantFactoryMethodLinear:return mc;case this.InterpolantFactoryMethodSmooth:return hc;case this.InterpolantFactoryMethodBezier:return gc}}getValueSize(){return this.values.length/this.times.length}shift(e){if(e!==0){let t=this.times;for(let n=0,r=t.length;n!==r;++n)t[n]+=e;ef(this.settings)&&(df(this.settings.inTangents,e),df(this.settings.outTangents,e))}return this}scale(e){if(e!==1){let t=this.times;for(let n=0,r=t.length;n!==r;++n)t[n]*=e;ef(this.settings)&&(ff(this.settings.inTangents,e),ff(this.settings.outTangents,e))}return this}trim(e,t){let n=this.times,r=n.length,i=0,a=r-1;for(;i!==r&&n[i]<e;)++i;for(;a!==-1&&n[a]>t;)--a;if(++a,i!==0||a!==r){i>=a&&(a=Math.max(a,1),i=a-1);let e=this.getValueSize();this.times=n.slice(i,a),this.values=this.values.slice(i*e,a*e)}return this}validate(){let e=!0,t=this.getValueSize();t-Math.floor(t)!==0&&(G(`KeyframeTrack: Invalid value size in track.`,this),e=!1);let n=this.times,r=this.values,i=n.length;i===0&&(G(`KeyframeTrack: Track is empty.`,this),e=!1);let a=null;for(let t=0;t!==i;t++){let r=n[t];if(typeof r==`number`&&isNaN(r)){G(`KeyframeTrack: Time is not a valid number.`,this,t,r),e=!1;break}if(a!==null&&a>r){G(`KeyframeTrack: Out of order keys.`,this,t,r,a),e=!1;break}a=r}if(r!==void 0&&kc(r))for(let t=0,n=r.length;t!==n;++t){let n=r[t];if(isNaN(n)){G(`KeyframeTrack: Value is not a valid number.`,this,t,n),e=!1;break}}return e}optimize(){let e=this.times.slice(),t=this.values.slice(),n=this.getValueSize(),r=this.getInterpolation()===hc,i=e.length-1,a=1;for(let o=1;o<i;++o){let i=!1,s=e[o];if(s!==e[o+1]&&(o!==1||s!==e[0])){if(r)i=!0;else{let e=o*n,r=e-n,a=e+n;for(let o=0;o!==n;++o){let n=t[e+o];if(n!==t[r+o]||n!==t[a+o]){i=!0;break}}}}if(i){if(o!==a){e[a]=e[o];let r=o*n,i=a*n;for(let e=0;e!==n;++e)t[i+e]=t[r+e]}++a}}if(i>0){e[a]=e[i];for(let e=i*n,r=a*n,o=0;o!==n;++o)t[r+o]=t[e+o];++a}return a===e.length?(this.times=e,this.values=t):(this.times=e.slice(0,a),this.values=t.slice(0,a*n)),this}clone(){let e=this.times.slice(),t=this.values.slice(),n=this.constructor,r=new n(this.name,e,t);return r.createInterpolant=this.createInterpolant,ef(this.settings)&&(r.settings={inTangents:this.settings.inTangents.slice(),outTangents:this.settings.outTangents.slice()}),r}};function df(e,t){for(let n=0,r=e.length;n!==r;n+=2)e[n]+=t}function ff(e,t){for(let n=0,r=e.length;n!==r;n+=2)e[n]*=t}uf.prototype.ValueTypeName=``,uf.prototype.TimeBufferType=Float32Array,uf.prototype.ValueBufferType=Float32Array,uf.prototype.DefaultInterpolation=mc;var pf=class extends uf{constructor(e,t,n){super(e,t,n)}};pf.prototype.ValueTypeName=`bool`,pf.prototype.ValueBufferType=Array,pf.prototype.DefaultInterpolation=pc,pf.prototype.InterpolantFactoryMethodLinear=void 0,pf.prototype.InterpolantFactoryMethodSmooth=void 0;var mf=class extends uf{constructor(e,t,n,r){super(e,t,n,r)}};mf.prototype.ValueTypeName=`color`;var hf=class extends uf{constructor(e,t,n,r){super(e,t,n,r)}};hf.prototype.ValueTypeName=`number`;var gf=class extends tf{constructor(e,t,n,r){super(e,t,n,r)}interpolate_(e,t,n,r){let i=this.resultBuffer,a=this.sampleValues,o=this.valueSize,s=(n-t)/(r-t),c=e*o;for(let e=c+o;c!==e;c+=4)Yc.slerpFlat(i,0,a,c-o,a,c,s);return i}},_f=class extends uf{constructor(e,t,n,r){super(e,t,n,r)}InterpolantFactoryMethodLinear(e){return new gf(this.times,this.values,this.getValueSize(),e)}};_f.prototype.ValueTypeName=`quaternion`,_f.prototype.InterpolantFactoryMethodSmooth=void 0;var vf=class extends uf{constructor(e,t,n){super(e,t,n)}};vf.prototype.ValueTypeName=`string`,vf.prototype.ValueBufferType=Array,vf.prototype.DefaultInterpolation=pc,vf.prototype.InterpolantFactoryMethodLinear=void 0,vf.prototype.InterpolantFactoryMethodSmooth=void 0;var yf=class extends uf{constructor(e,t,n,r){super(e,t,n,r)}};yf.prototype.ValueTypeName=`vector`;var bf=new J,xf=new Yc,Sf=new J,Cf=class extends Wl{constructor(){super(),this.isCamera=!0,this.type=`Camera`,this.matrixWorldInverse=new _l,this.projectionMatrix=new _l,this.projectionMatrixInverse=new _l,this.coordinateSystem=Dc,this._reversedDepth=!1}get reversedDepth(){return this._reversedDepth}copy(e,t){return super.copy(e,t),this.matrixWorldInverse.copy(e.matrixWorldInverse),this.projectionMatrix.copy(e.projectionMatrix),this.projectionMatrixInverse.copy(e.projectionMatrixInverse),this.coordinateSystem=e.coordinateSystem,this}getWorldDirection(e){return super.getWorldDirection(e).negate()}updateMatrixWorld(e){super.updateMatrixWorld(e),this.matrixWorld.decompose(bf,xf,Sf),Sf.x===1&&Sf.y===1&&Sf.z===1?this.matrixWorldInverse.copy(this.matrixWorld).invert():this.matrixWorldInverse.compose(bf,xf,Sf.set(1,1,1)).invert()}updateWorldMatrix(e,t,n=!1){super.updateWorldMatrix(e,t,n),this.matrixWorld.decompose(bf,xf,Sf),Sf.x===1&&Sf.y===1&&Sf.z===1?this.matrixWorldInverse.copy(this.matrixWorld).invert():this.matrixWorldInverse.compose(bf,xf,Sf.set(1,1,1)).invert()}clone(){return new this.constructor().copy(this)}},wf=new J,Tf=new q,Ef=new q,Df=class extends Cf{constructor(e=50,t=1,n=.1,r=2e3){super(),this.isPerspectiveCamera=!0,this.type=`PerspectiveCamera`,this.fov=e,this.zoom=1,this.near=n,this.far=r,this.focus=10,this.aspect=t,this.view=null,this.filmGauge=35,this.filmOffset=0,this.updateProjectionMatrix()}copy(e,t){return super.copy(e,t),this.fov=e.fov,this.zoom=e.zoom,this.near=e.near,this.far=e.far,this.focus=e.focus,this.aspect=e.aspect,this.view=e.view===null?null:Object.assign({},e.view),this.filmGauge=e.filmGauge,this.filmOffset=e.filmOffset,this}setFocalLength(e){let t=.5*this.getFilmHeight()/e;this.fov=Vc*2*Math.atan(t),this.updateProjectionMatrix()}getFocalLength(){let e=Math.tan(Bc*.5*this.fov);return .5*this.getFilmHeight()/e}getEffectiveFOV(){return Vc*2*Math.atan(Math.tan(Bc*.5*this.fov)/this.zoom)}getFilmWidth(){return this.filmGauge*Math.min(this.aspect,1)}getFilmHeight(){return this.filmGauge/Math.max(this.aspect,1)}getViewBounds(e,t,n){wf.set(-1,-1,.5).applyMatrix4(this.projectionMatrixInverse),t.set(wf.x,wf.y).multiplyScalar(-e/wf.z),wf.set(1,1,.5).applyMatrix4(this.projectionMatrixInverse),n.set(wf.x,wf.y).multiplyScalar(-e/wf.z)}getViewSize(e,t){return this.getViewBounds(e,Tf,Ef),t.subVectors(Ef,Tf)}setViewOffset(e,t,n,r,i,a){this.aspect=e/t,this.view===null&&(this.view={enabled:!0,fullWidth:1,fullHeight:1,offsetX:0,offsetY:0,width:1,height:1}),this.view.enabled=!0,this.view.fullWidth=e,this.view.fullHeight=t,this.view.offsetX=n,this.view.offsetY=r,this.view.width=i,this.view.height=a,this.updateProjectionMatrix()}clearViewOffset(){this.view!==null&&(this.view.enabled=!1),this.updateProjectionMatrix()}updateProjectionMatrix(){let e=this.near,t=e*Math.tan(Bc*.5*this.fov)/this.zoom,n=2*t,r=this.aspect*n,i=-.5*r,a=this.view;if(this.view!==null&&this.view.enabled){let e=a.fullWidth,o=a.fullHeight;i+=a.offsetX*r/e,t-=a.offsetY*n/o,r*=a.width/e,n*=a.height/o}let o=this.filmOffset;o!==0&&(i+=e*o/this.getFilmWidth()),this.projectionMatrix.makePerspective(i,i+r,t,t-n,e,this.far,this.coordinateSystem,this.reversedDepth),this.projectionMatrixInverse.copy(this.projectionMatrix).invert()}toJSON(e){let t=super.toJSON(e);return t.object.fov=this.fov,t.object.zoom=this.zoom,t.object.near=this.near,t.object.far=this.far,t.object.focus=this.focus,t.object.aspect=this.aspect,this.view!==null&&(t.object.view=Object.assign({},this.view)),t.object.filmGauge=this.filmGauge,t.object.filmOffset=this.filmOffset,t}},Of=class extends Cf{constructor(e=-1,t=1,n=1,r=-1,i=.1,a=2e3){super(),this.isOrthographicCamera=!0,this.type=`OrthographicCamera`,this.zoom=1,this.view=null,this.left=e,this.right=t,this.top=n,this.bottom=r,this.near=i,this.far=a,this.updateProjectionMatrix()}copy(e,t){return super.copy(e,t),this.left=e.left,this.right=e.right,this.top=e.top,this.bottom=e.bottom,this.near=e.near,this.far=e.far,this.zoom=e.zoom,this.view=e.view===null?null:Object.assign({},e.view),this}setViewOffset(e,t,n,r,i,a){this.view===null&&(this.view={enabled:!0,fullWidth:1,fullHeight:1,offsetX:0,offsetY:0,width:1,height:1}),this.view.enabled=!0,this.view.fullWidth=e,this.view.fullHeight=t,this.view.offsetX=n,this.view.offsetY=r,this.view.width=i,this.view.height=a,this.updateProjectionMatrix()}clearViewOffset(){this.view!==null&&(this.view.enabled=!1),this.updateProjectionMatrix()}updateProjectionMatrix(){let e=(this.right-this.left)/(2*this.zoom),t=(this.top-this.bottom)/(2*this.zoom),n=(this.right+this.left)/2,r=(this.top+this.bottom)/2,i=n-e,a=n+e,o=r+t,s=r-t;if(this.view!==null&&this.view.enabled){let e=(this.right-this.left)/this.view.fullWidth/this.zoom,t=(this.top-this.bottom)/this.view.fullHeight/this.zoom;i+=e*this.view.offsetX,a=i+e*this.view.width,o-=t*this.view.offsetY,s=o-t*this.view.height}this.projectionMatrix.makeOrthographic(i,a,o,s,this.near,this.far,this.coordinateSystem,this.reversedDepth),this.projectionMatrixInverse.copy(this.projectionMatrix).invert()}toJSON(e){let t=super.toJSON(e);return t.object.zoom=this.zoom,t.object.left=this.left,t.object.right=this.right,t.object.top=this.top,t.object.bottom=this.bottom,t.object.near=this.near,t.object.far=this.far,this.view!==null&&(t.object.view=Object.assign({},this.view)),t}},kf=class extends qu{constructor(){super(),this.isInstancedBufferGeometry=!0,this.type=`InstancedBufferGeometry`,this.instanceCount=1/0}copy(e){return super.copy(e),this.instanceCount=e.instanceCount,this}toJSON(){let e=super.toJSON();return e.instanceCount=this.instanceCount,e.isInstancedBufferGeometry=!0,e}},Af=-90,jf=1,Mf=class extends Wl{constructor(e,t,n){super(),this.type=`CubeCamera`,this.renderTarget=n,this.coordinateSystem=null,this.activeMipmapLevel=0;let r=new Df(Af,jf,e,t);r.layers=this.layers,this.add(r);let i=new Df(Af,jf,e,t);i.layers=this.layers,this.add(i);let a=new Df(Af,jf,e,t);a.layers=this.layers,this.add(a);let o=new Df(Af,jf,e,t);o.layers=this.layers,this.add(o);let s=new Df(Af,jf,e,t);s.layers=this.layers,this.add(s);let c=new Df(Af,jf,e,t);c.layers=this.layers,this.add(c)}updateCoordinateSystem(){let e=this.coordinateSystem,t=this.children.concat(),[n,r,i,a,o,s]=t;for(let e of t)this.remove(e);if(e===2e3)n.up.set(0,1,0),n.lookAt(1,0,0),r.up.set(0,1,0),r.lookAt(-1,0,0),i.up.set(0,0,-1),i.lookAt(0,1,0),a.up.set(0,0,1),a.lookAt(0,-1,0),o.up.set(0,1,0),o.lookAt(0,0,1),s.up.set(0,1,0),s.lookAt(0,0,-1);else if(e===2001)n.up.set(0,-1,0),n.lookAt(-1,0,0),r.up.set(0,-1,0),r.lookAt(1,0,0),i.up.set(0,0,1),i.lookAt(0,1,0),a.up.set(0,0,-1),a.lookAt(0,-1,0),o.up.set(0,-1,0),o.lookAt(0,0,1),s.up.set(0,-1,0),s.lookAt(0,0,-1);else throw Error(`THREE.CubeCamera.updateCoordinateSystem(): Invalid coordinate system: `+e);for(let e of t)this.add(e),e.updateMatrixWorld()}update(e,t){this.parent===null&&this.updateMatrixWorld();let{renderTarget:n,activeMipmapLevel:r}=this;this.coordinateSystem!==e.coordinateSystem&&(this.coordinateSystem=e.coordinateSystem,this.updateCoordinateSystem());let[i,a,o,s,c,l]=this.children,u=e.getRenderTarget(),d=e.getActiveCubeFace(),f=e.getActiveMipmapLevel(),p=e.xr.enabled;e.xr.enabled=!1;let m=n.texture.mipmapsAutoUpdate;n.texture.mipmapsAutoUpdate=!1;let h=!1;h=e.isWebGLRenderer===!0?e.state.buffers.depth.getReversed():e.reversedDepthBuffer,e.setRenderTarget(n,0,r),h&&e.autoClear===!1&&e.clearDepth(),e.render(t,i),e.setRenderTarget(n,1,r),h&&e.autoClear===!1&&e.clearDepth(),e.render(t,a),e.setRenderTarget(n,2,r),h&&e.autoClear===!1&&e.clearDepth(),e.render(t,o),e.setRenderTarget(n,3,r),h&&e.autoClear===!1&&e.clearDepth(),e.render(t,s),e.setRenderTarget(n,4,r),h&&e.autoClear===!1&&e.clearDepth(),e.render(t,c),n.texture.mipmapsAutoUpdate=m,e.setRenderTarget(n,5,r),h&&e.autoClear===!1&&e.clearDepth(),e.render(t,l),e.setRenderTarget(u,d,f),e.xr.enabled=p,n.texture.needsPMREMUpdate=!0}},Nf=class extends Df{constructor(e=[]){super(),this.isArrayCamera=!0,this.isMultiViewCamera=!1,this.cameras=e,this.perCameraFrustumCulled=!1}},Pf=`\\[\\]\\.:\\/`,Ff=RegExp(`[\\[\\]\\.:\\/]`,`g`),If=`[^\\[\\]\\.:\\/]`,Lf=`[^`+Pf.replace(`\\.`,``)+`]`,Rf=`((?:WC+[\\/:])*)`.replace(`WC`,If),zf=`(WCOD+)?`.replace(`WCOD`,Lf),Bf=`(?:\\.(WC+)(?:\\[(.+)\\])?)?`.replace(`WC`,If),Vf=`\\.(WC+)(?:\\[(.+)\\])?`.replace(`WC`,If),Hf=RegExp(`^`+Rf+zf+Bf+Vf+`$`),Uf=[`material`,`materials`,`bones`,`map`],Wf=class{constructor(e,t,n){let r=n||Gf.parseTrackName(t);this._targetGroup=e,this._bindings=e.subscribe_(t,r)}getValue(e,t){this.bind();let n=this._targetGroup.nCachedObjects_,r=this._bindings[n];r!==void 0&&r.getValue(e,t)}setValue(e,t){let n=this._bindings;for(let r=this._targetGroup.nCachedObjects_,i=n.length;r!==i;++r)n[r].setValue(e,t)}bind(){let e=this._bindings;for(let t=this._targetGroup.nCachedObjects_,n=e.length;t!==n;++t)e[t].bind()}unbind(){let e=this._bindings;for(let t=this._targetGroup.nCachedObjects_,n=e.length;t!==n;++t)e[t].unbind()}},Gf=class e{constructor(t,n,r){this.path=n,this.parsedPath=r||e.parseTrackName(n),this.node=e.findNode(t,this.parsedPath.nodeName),this.rootNode=t,this.getValue=this._getValue_unbound,this.setValue=this._setValue_unbound}static create(t,n,r){return t&&t.isAnimationObjectGroup?new e.Composite(t,n,r):new e(t,n,r)}static sanitizeNodeName(e){return e.replace(/\s/g,`_`).replace(Ff,``)}static parseTrackName(e){let t=Hf.exec(e);if(t===null)throw Error(`THREE.PropertyBinding: Cannot parse trackName: `+e);let n={nodeName:t[2],objectName:t[3],objectIndex:t[4],propertyName:t[5],propertyIndex:t[6]},r=n.nodeName&&n.nodeName.lastIndexOf(`.`);if(r!==void 0&&r!==-1){let e=n.nodeName.substring(r+1);Uf.indexOf(e)!==-1&&(n.nodeName=n.nodeName.substring(0,r),n.objectName=e)}if(n.propertyName===null||n.propertyName.length===0)throw Error(`THREE.PropertyBinding: can not parse propertyName from trackName: `+e);return n}static findNode(e,t){if(t===void 0||t===``||t===`.`||t===-1||t===e.name||t===e.uuid)return e;if(e.skeleton){let n=e.skeleton.getBoneByName(t);if(n!==void 0)return n}if(e.children){let n=function(e){for(let r=0;r<e.length;r++){let i=e[r];if(i.name===t||i.uuid===t)return i;let a=n(i.children);if(a)return a}return null},r=n(e.children);if(r)return r}return null}_getValue_unavailable(){}_setValue_unavailable(){}_getValue_direct(e,t){e[t]=this.targetObject[this.propertyName]}_getValue_array(e,t){let n=this.resolvedProperty;for(let r=0,i=n.length;r!==i;++r)e[t++]=n[r]}_getValue_arrayElement(e,t){e[t]=this.resolvedProperty[this.propertyIndex]}_getValue_toArray(e,t){this.resolvedProperty.toArray(e,t)}_setValue_direct(e,t){this.targetObject[this.propertyName]=e[t]}_setValue_direct_setNeedsUpdate(e,t){this.targetObject[this.propertyName]=e[t],this.targetObject.needsUpdate=!0}_setValue_direct_setMatrixWorldNeedsUpdate(e,t){this.targetObject[this.propertyName]=e[t],this.targetObject.matrixWorldNeedsUpdate=!0}_setValue_array(e,t){let n=this.resolvedProperty;for(let r=0,i=n.length;r!==i;++r)n[r]=e[t++]}_setValue_array_setNeedsUpdate(e,t){let n=this.resolvedProperty;for(let r=0,i=n.length;r!==i;++r)n[r]=e[t++];this.targetObject.needsUpdate=!0}_setValue_array_setMatrixWorldNeedsUpdate(e,t){let n=this.resolvedProperty;for(let r=0,i=n.length;r!==i;++r)n[r]=e[t++];this.targetObject.matrixWorldNeedsUpdate=!0}_setValue_arrayElement(e,t){this.resolvedProperty[this.propertyIndex]=e[t]}_setValue_arrayElement_setNeedsUpdate(e,t){this.resolvedProperty[this.propertyIndex]=e[t],this.targetObject.needsUpdate=!0}_setValue_arrayElement_setMatrixWorldNeedsUpdate(e,t){this.resolvedProperty[this.propertyIndex]=e[t],this.targetObject.matrixWorldNeedsUpdate=!0}_setValue_fromArray(e,t){this.resolvedProperty.fromArray(e,t)}_setValue_fromArray_setNeedsUpdate(e,t){this.resolvedProperty.fromArray(e,t),this.targetObject.needsUpdate=!0}_setValue_fromArray_setMatrixWorldNeedsUpdate(e,t){this.resolvedProperty.fromArray(e,t),this.targetObject.matrixWorldNeedsUpdate=!0}_getValue_unbound(e,t){this.bind(),this.getValue(e,t)}_setValue_unbound(e,t){this.bind(),this.setValue(e,t)}bind(){let t=this.node,n=this.parsedPath,r=n.objectName,i=n.propertyName,a=n.propertyIndex;if(t||(t=e.findNode(this.rootNode,n.nodeName),this.node=t),this.getValue=this._getValue_unavailable,this.setValue=this._setValue_unavailable,!t){W(`PropertyBinding: No target node found for track: `+this.path+`.`);return}if(r){let e=n.objectIndex;switch(r){case`materials`:if(!t.material){G(`PropertyBinding: Can not bind to material as node does not have a material.`,this);return}if(!t.material.materials){G(`PropertyBinding: Can not bind to material.materials as node.material does not have a materials array.`,this);return}t=t.material.materials;break;case`bones`:if(!t.skeleton){G(`PropertyBinding: Can not bind to bones as node does not have a skeleton.`,this);return}t=t.skeleton.bones;for(let n=0;n<t.length;n++)if(t[n].name===e){e=n;break}break;case`map`:if(`map`in t){t=t.map;break}if(!t.material){G(`PropertyBinding: Can not bind to material as node does not have a material.`,this);return}if(!t.material.map){G(`PropertyBinding: Can not bind to material.map as node.material does not have a map.`,this);return}t=t.material.map;break;default:if(t[r]===void 0){G(`PropertyBinding: Can not bind to objectName of node undefined.`,this);return}t=t[r]}if(e!==void 0){if(t[e]===void 0){G(`PropertyBinding: Trying to bind to objectIndex of objectName, but is undefined.`,this,t);return}t=t[e]}}let o=t[i];if(o===void 0){let e=n.nodeName;G(`PropertyBinding: Trying to update property for track: `+e+`.`+i+` but it wasn't found.`,t);return}let s=this.Versioning.None;this.targetObject=t,t.isMaterial===!0?s=this.Versioning.NeedsUpdate:t.isObject3D===!0&&(s=this.Versioning.MatrixWorldNeedsUpdate);let c=this.BindingType.Direct;if(a!==void 0){if(i===`morphTargetInfluences`){if(!t.geometry){G(`PropertyBinding: Can not bind to morphTargetInfluences because node does not have a geometry.`,this);return}if(!t.geometry.morphAttributes){G(`PropertyBinding: Can not bind to morphTargetInfluences because node does not have a geometry.morphAttributes.`,this);return}t.morphTargetDictionary[a]!==void 0&&(a=t.morphTargetDictionary[a])}c=this.BindingType.ArrayElement,this.resolvedProperty=o,this.propertyIndex=a}else o.fromArray!==void 0&&o.toArray!==void 0?(c=this.BindingType.HasFromToArray,this.resolvedProperty=o):Array.isArray(o)?(c=this.BindingType.EntireArray,this.resolvedProperty=o):this.propertyName=i;this.getValue=this.GetterByBindingType[c],this.setValue=this.SetterByBindingTypeAndVersioning[c][s]}unbind(){this.node=null,this.getValue=this._getValue_unbound,this.setValue=this._setValue_unbound}};Gf.Composite=Wf,Gf.prototype.BindingType={Direct:0,EntireArray:1,ArrayElement:2,HasFromToArray:3},Gf.prototype.Versioning={None:0,NeedsUpdate:1,MatrixWorldNeedsUpdate:2},Gf.prototype.GetterByBindingType=[Gf.prototype._getValue_direct,Gf.prototype._getValue_array,Gf.prototype._getValue_arrayElement,Gf.prototype._getValue_toArray],Gf.prototype.SetterByBindingTypeAndVersioning=[[Gf.prototype._setValue_direct,Gf.prototype._setValue_direct_setNeedsUpdate,Gf.prototype._setValue_direct_setMatrixWorldNeedsUpdate],[Gf.prototype._setValue_array,Gf.prototype._setValue_array_setNeedsUpdate,Gf.prototype._setValue_array_setMatrixWorldNeedsUpdate],[Gf.prototype._setValue_arrayElement,Gf.prototype._setValue_arrayElement_setNeedsUpdate,Gf.prototype._setValue_arrayElement_setMatrixWorldNeedsUpdate],[Gf.prototype._setValue_fromArray,Gf.prototype._setValue_fromArray_setNeedsUpdate,Gf.prototype._setValue_fromArray_setMatrixWorldNeedsUpdate]],class{static{this.prototype.isMatrix2=!0}constructor(e,t,n,r){this.elements=[1,0,0,1],e!==void 0&&this.set(e,t,n,r)}identity(){return this.set(1,0,0,1),this}fromArray(e,t=0){for(let n=0;n<4;n++)this.elements[n]=e[n+t];return this}set(e,t,n,r){let i=this.elements;return i[0]=e,i[2]=t,i[1]=n,i[3]=r,this}};function Kf(e,t,n,r){let i=qf(r);switch(n){case xs:return e*t;case Es:return e*t/i.components*i.byteLength;case Ds:return e*t/i.components*i.byteLength;case Os:return e*t*2/i.components*i.byteLength;case ks:return e*t*2/i.components*i.byteLength;case Ss:return e*t*3/i.components*i.byteLength;case Cs:return e*t*4/i.components*i.byteLength;case As:return e*t*4/i.components*i.byteLength;case js:case Ms:return Math.floor((e+3)/4)*Math.floor((t+3)/4)*8;case Ns:case Ps:return Math.floor((e+3)/4)*Math.floor((t+3)/4)*16;case Is:case Rs:return Math.max(e,16)*Math.max(t,8)/4;case Fs:case Ls:return Math.max(e,8)*Math.max(t,8)/2;case zs:case Bs:case Hs:case Us:return Math.floor((e+3)/4)*Math.floor((t+3)/4)*8;case Vs:case Ws:case Gs:return Math.floor((e+3)/4)*Math.floor((t+3)/4)*16;case Ks:return Math.floor((e+3)/4)*Math.floor((t+3)/4)*16;case qs:return Math.floor((e+4)/5)*Math.floor((t+3)/4)*16;case Js:return Math.floor((e+4)/5)*Math.floor((t+4)/5)*16;case Ys:return Math.floor((e+5)/6)*Math.floor((t+4)/5)*16;case Xs:return Math.floor((e+5)/6)*Math.floor((t+5)/6)*16;case Zs:return Math.floor((e+7)/8)*Math.floor((t+4)/5)*16;case Qs:return Math.floor((e+7)/8)*Math.floor((t+5)/6)*16;case $s:return Math.floor((e+7)/8)*Math.floor((t+7)/8)*16;case ec:return Math.floor((e+9)/10)*Math.floor((t+4)/5)*16;case tc:return Math.floor((e+9)/10)*Math.floor((t+5)/6)*16;case nc:return Math.floor((e+9)/10)*Math.floor((t+7)/8)*16;case rc:return Math.floor((e+9)/10)*Math.floor((t+9)/10)*16;case ic:return Math.floor((e+11)/12)*Math.floor((t+9)/10)*16;case ac:return Math.floor((e+11)/12)*Math.floor((t+11)/12)*16;case oc:case sc:case cc:return Math.ceil(e/4)*Math.ceil(t/4)*16;case lc:case uc:return Math.ceil(e/4)*Math.ceil(t/4)*8;case dc:case fc:return Math.ceil(e/4)*Math.ceil(t/4)*16}throw Error(`Unable to determine texture byte length for ${n} format.`)}function qf(e){switch(e){case cs:case ls:return{byteLength:1,components:1};case ds:case us:case hs:return{byteLength:2,components:1};case gs:case _s:return{byteLength:2,components:4};case ps:case fs:case ms:return{byteLength:4,components:1};case ys:case bs:return{byteLength:4,components:3}}throw Error(`THREE.TextureUtils: Unknown texture type ${e}.`)}typeof __THREE_DEVTOOLS__<`u`&&__THREE_DEVTOOLS__.dispatchEvent(new CustomEvent(`register`,{detail:{revision:`187`}})),typeof window<`u`&&(window.__THREE__?W(`WARNING: Multiple instances of Three.js being imported.`):window.__THREE__=`187`);function Jf(){let e=null,t=!1,n=null,r=null;function i(t,a){r=e.requestAnimationFrame(i),n(t,a)}return{start:function(){t!==!0&&n!==null&&e!==null&&(r=e.requestAnimationFrame(i),t=!0)},stop:function(){e!==null&&e.cancelAnimationFrame(r),t=!1},setAnimationLoop:function(e){n=e},setContext:function(t){e=t}}}function Yf(e){let t=new WeakMap;function n(t,n){let r=t.array,i=t.usage,a=r.byteLength,o=e.createBuffer();e.bindBuffer(n,o),e.bufferData(n,r,i),t.onUploadCallback();let s;if(r instanceof Float32Array)s=e.FLOAT;else if(typeof Float16Array<`u`&&r instanceof Float16Array)s=e.HALF_FLOAT;else if(r instanceof Uint16Array)s=t.isFloat16BufferAttribute?e.HALF_FLOAT:e.UNSIGNED_SHORT;else if(r instanceof Int16Array)s=e.SHORT;else if(r instanceof Uint32Array)s=e.UNSIGNED_INT;else if(r instanceof Int32Array)s=e.INT;else if(r instanceof Int8Array)s=e.BYTE;else if(r instanceof Uint8Array)s=e.UNSIGNED_BYTE;else if(r instanceof Uint8ClampedArray)s=e.UNSIGNED_BYTE;else throw Error(`THREE.WebGLAttributes: Unsupported buffer data format: `+r);return{buffer:o,type:s,bytesPerElement:r.BYTES_PER_ELEMENT,version:t.version,size:a}}function r(t,n,r){let i=n.array,a=n.updateRanges;if(e.bindBuffer(r,t),a.length===0)e.bufferSubData(r,0,i);else{a.sort((e,t)=>e.start-t.start);let t=0;for(let e=1;e<a.length;e++){let n=a[t],r=a[e];r.start<=n.start+n.count+1?n.count=Math.max(n.count,r.start+r.count-n.start):(++t,a[t]=r)}a.length=t+1;for(let t=0,n=a.length;t<n;t++){let n=a[t];e.bufferSubData(r,n.start*i.BYTES_PER_ELEMENT,i,n.start,n.count)}n.clearUpdateRanges()}n.onUploadCallback()}function i(e){return e.isInterleavedBufferAttribute&&(e=e.data),t.get(e)}function a(n){n.isInterleavedBufferAttribute&&(n=n.data);let r=t.get(n);r&&(e.deleteBuffer(r.buffer),t.delete(n))}function o(e,i){if(e.isInterleavedBufferAttribute&&(e=e.data),e.isGLBufferAttribute){let n=t.get(e);(!n||n.version<e.version)&&t.set(e,{buffer:e.buffer,type:e.type,bytesPerElement:e.elementSize,version:e.version});return}let a=t.get(e);if(a===void 0)t.set(e,n(e,i));else if(a.version<e.version){if(a.size!==e.array.byteLength)throw Error(`THREE.WebGLAttributes: The size of the buffer attribute's array buffer does not match the original size. Resizing buffer attributes is not supported.`);r(a.buffer,e,i),a.version=e.version}}return{get:i,remove:a,update:o}}var Q={alphahash_fragment:`#ifdef USE_ALPHAHASH
	if ( diffuseColor.a < getAlphaHashThreshold( vPosition ) ) discard;
#endif`,alphahash_pars_fragment:`#ifdef USE_ALPHAHASH
	const float ALPHA_HASH_SCALE = 0.05;
	float hash2D( vec2 value ) {
		return fract( 1.0e4 * sin( 17.0 * value.x + 0.1 * value.y ) * ( 0.1 + abs( sin( 13.0 * value.y + value.x ) ) ) );
	}
	float hash3D( vec3 value ) {
		return hash2D( vec2( hash2D( value.xy ), value.z ) );
	}
	float getAlphaHashThreshold( vec3 position ) {
		float maxDeriv = max(
			length( dFdx( position.xyz ) ),
			length( dFdy( position.xyz ) )
		);
		float pixScale = 1.0 / ( ALPHA_HASH_SCALE * maxDeriv );
		vec2 pixScales = vec2(
			exp2( floor( log2( pixScale ) ) ),
			exp2( ceil( log2( pixScale ) ) )
		);
		vec2 alpha = vec2(
			hash3D( floor( pixScales.x * position.xyz ) ),
			hash3D( floor( pixScales.y * position.xyz ) )
		);
		float lerpFactor = fract( log2( pixScale ) );
		float x = ( 1.0 - lerpFactor ) * alpha.x + lerpFactor * alpha.y;
		float a = min( lerpFactor, 1.0 - lerpFactor );
		vec3 cases = vec3(
			x * x / ( 2.0 * a * ( 1.0 - a ) ),
			( x - 0.5 * a ) / ( 1.0 - a ),
			1.0 - ( ( 1.0 - x ) * ( 1.0 - x ) / ( 2.0 * a * ( 1.0 - a ) ) )
		);
		float threshold = ( x < ( 1.0 - a ) )
			? ( ( x < a ) ? cases.x : cases.y )
			: cases.z;
		return clamp( threshold , 1.0e-6, 1.0 );
	}
#endif`,alphamap_fragment:`#ifdef USE_ALPHAMAP
	diffuseColor.a *= texture2D( alphaMap, vAlphaMapUv ).g;
#endif`,alphamap_pars_fragment:`#ifdef USE_ALPHAMAP
	uniform sampler2D alphaMap;
#endif`,alphatest_fragment:`#ifdef USE_ALPHATEST
	#ifdef ALPHA_TO_COVERAGE
	diffuseColor.a = smoothstep( alphaTest, alphaTest + fwidth( diffuseColor.a ), diffuseColor.a );
	if ( diffuseColor.a == 0.0 ) discard;
	#else
	if ( diffuseColor.a < alphaTest ) discard;
	#endif
#endif`,alphatest_pars_fragment:`#ifdef USE_ALPHATEST
	uniform float alphaTest;
#endif`,aomap_fragment:`#ifdef USE_AOMAP
	float ambientOcclusion = ( texture2D( aoMap, vAoMapUv ).r - 1.0 ) * aoMapIntensity + 1.0;
	reflectedLight.indirectDiffuse *= ambientOcclusion;
	#if defined( USE_CLEARCOAT ) 
		clearcoatSpecularIndirect *= ambientOcclusion;
	#endif
	#if defined( USE_SHEEN ) 
		sheenSpecularIndirect *= ambientOcclusion;
	#endif
	#if defined( USE_ENVMAP ) && defined( STANDARD )
		float dotNV = saturate( dot( geometryNormal, geometryViewDir ) );
		reflectedLight.indirectSpecular *= computeSpecularOcclusion( dotNV, ambientOcclusion, material.roughness );
	#endif
#endif`,aomap_pars_fragment:`#ifdef USE_AOMAP
	uniform sampler2D aoMap;
	uniform float aoMapIntensity;
#endif`,batching_pars_vertex:`#ifdef USE_BATCHING
	#if ! defined( GL_ANGLE_multi_draw )
	#define gl_DrawID _gl_DrawID
	uniform int _gl_DrawID;
	#endif
	uniform highp sampler2D batchingTexture;
	uniform highp usampler2D batchingIdTexture;
	mat4 getBatchingMatrix( const in float i ) {
		int size = textureSize( batchingTexture, 0 ).x;
		int j = int( i ) * 4;
		int x = j % size;
		int y = j / size;
		vec4 v1 = texelFetch( batchingTexture, ivec2( x, y ), 0 );
		vec4 v2 = texelFetch( batchingTexture, ivec2( x + 1, y ), 0 );
		vec4 v3 = texelFetch( batchingTexture, ivec2( x + 2, y ), 0 );
		vec4 v4 = texelFetch( batchingTexture, ivec2( x + 3, y ), 0 );
		return mat4( v1, v2, v3, v4 );
	}
	float getIndirectIndex( const in int i ) {
		int size = textureSize( batchingIdTexture, 0 ).x;
		int x = i % size;
		int y = i / size;
		return float( texelFetch( batchingIdTexture, ivec2( x, y ), 0 ).r );
	}
#endif
#ifdef USE_BATCHING_COLOR
	uniform sampler2D batchingColorTexture;
	vec4 getBatchingColor( const in float i ) {
		int size = textureSize( batchingColorTexture, 0 ).x;
		int j = int( i );
		int x = j % size;
		int y = j / size;
		return texelFetch( batchingColorTexture, ivec2( x, y ), 0 );
	}
#endif`,batching_vertex:`#ifdef USE_BATCHING
	mat4 batchingMatrix = getBatchingMatrix( getIndirectIndex( gl_DrawID ) );
#endif`,begin_vertex:`vec3 transformed = vec3( position );
#ifdef USE_ALPHAHASH
	vPosition = vec3( position );
#endif`,beginnormal_vertex:`vec3 objectNormal = vec3( normal );
#ifdef USE_TANGENT
	vec3 objectTangent = vec3( tangent.xyz );
#endif`,bsdfs:`float G_BlinnPhong_Implicit( ) {
	return 0.25;
}
float D_BlinnPhong( const in float shininess, const in float dotNH ) {
	return RECIPROCAL_PI * ( shininess * 0.5 + 1.0 ) * pow( dotNH, shininess );
}
vec3 BRDF_BlinnPhong( const in vec3 lightDir, const in vec3 viewDir, const in vec3 normal, const in vec3 specularColor, const in float shininess ) {
	vec3 halfDir = normalize( lightDir + viewDir );
	float dotNH = saturate( dot( normal, halfDir ) );
	float dotVH = saturate( dot( viewDir, halfDir ) );
	vec3 F = F_Schlick( specularColor, 1.0, dotVH );
	float G = G_BlinnPhong_Implicit( );
	float D = D_BlinnPhong( shininess, dotNH );
	return F * ( G * D );
} // validated`,iridescence_fragment:`#ifdef USE_IRIDESCENCE
	const mat3 XYZ_TO_REC709 = mat3(
		 3.2404542, -0.9692660,  0.0556434,
		-1.5371385,  1.8760108, -0.2040259,
		-0.4985314,  0.0415560,  1.0572252
	);
	vec3 Fresnel0ToIor( vec3 fresnel0 ) {
		vec3 sqrtF0 = sqrt( fresnel0 );
		return ( vec3( 1.0 ) + sqrtF0 ) / ( vec3( 1.0 ) - sqrtF0 );
	}
	vec3 IorToFresnel0( vec3 transmittedIor, float incidentIor ) {
		return pow2( ( transmittedIor - vec3( incidentIor ) ) / ( transmittedIor + vec3( incidentIor ) ) );
	}
	float IorToFresnel0( float transmittedIor, float incidentIor ) {
		return pow2( ( transmittedIor - incidentIor ) / ( transmittedIor + incidentIor ));
	}
	vec3 evalSensitivity( float OPD, vec3 shift ) {
		float phase = 2.0 * PI * OPD * 1.0e-9;
		vec3 val = vec3( 5.4856e-13, 4.4201e-13, 5.2481e-13 );
		vec3 pos = vec3( 1.6810e+06, 1.7953e+06, 2.2084e+06 );
		vec3 var = vec3( 4.3278e+09, 9.3046e+09, 6.6121e+09 );
		vec3 xyz = val * sqrt( 2.0 * PI * var ) * cos( pos * phase + shift ) * exp( - pow2( phase ) * var );
		xyz.x += 9.7470e-14 * sqrt( 2.0 * PI * 4.5282e+09 ) * cos( 2.2399e+06 * phase + shift[ 0 ] ) * exp( - 4.5282e+09 * pow2( phase ) );
		xyz /= 1.0685e-7;
		vec3 rgb = XYZ_TO_REC709 * xyz;
		return rgb;
	}
	vec3 evalIridescence( float outsideIOR, float eta2, float cosTheta1, float thinFilmThickness, vec3 baseF0 ) {
		vec3 I;
		float iridescenceIOR = mix( outsideIOR, eta2, smoothstep( 0.0, 0.03, thinFilmThickness ) );
		float sinTheta2Sq = pow2( outsideIOR / iridescenceIOR ) * ( 1.0 - pow2( cosTheta1 ) );
		float cosTheta2Sq = 1.0 - sinTheta2Sq;
		if ( cosTheta2Sq < 0.0 ) {
			return vec3( 1.0 );
		}
		float cosTheta2 = sqrt( cosTheta2Sq );
		float R0 = IorToFresnel0( iridescenceIOR, outsideIOR );
		float R12 = F_Schlick( R0, 1.0, cosTheta1 );
		float T121 = 1.0 - R12;
		float phi12 = 0.0;
		if ( iridescenceIOR < outsideIOR ) phi12 = PI;
		float phi21 = PI - phi12;
		vec3 baseIOR = Fresnel0ToIor( clamp( baseF0, 0.0, 0.9999 ) );		vec3 R1 = IorToFresnel0( baseIOR, iridescenceIOR );
		vec3 R23 = F_Schlick( R1, 1.0, cosTheta2 );
		vec3 phi23 = vec3( 0.0 );
		if ( baseIOR[ 0 ] < iridescenceIOR ) phi23[ 0 ] = PI;
		if ( baseIOR[ 1 ] < iridescenceIOR ) phi23[ 1 ] = PI;
		if ( baseIOR[ 2 ] < iridescenceIOR ) phi23[ 2 ] = PI;
		float OPD = 2.0 * iridescenceIOR * thinFilmThickness * cosTheta2;
		vec3 phi = vec3( phi21 ) + phi23;
		vec3 R123 = clamp( R12 * R23, 1e-5, 0.9999 );
		vec3 r123 = sqrt( R123 );
		vec3 Rs = pow2( T121 ) * R23 / ( vec3( 1.0 ) - R123 );
		vec3 C0 = R12 + Rs;
		I = C0;
		vec3 Cm = Rs - T121;
		for ( int m = 1; m <= 2; ++ m ) {
			Cm *= r123;
			vec3 Sm = 2.0 * evalSensitivity( float( m ) * OPD, float( m ) * phi );
			I += Cm * Sm;
		}
		return max( I, vec3( 0.0 ) );
	}
#endif`,bumpmap_pars_fragment:`#ifdef USE_BUMPMAP
	uniform sampler2D bumpMap;
	uniform float bumpScale;
	vec2 dHdxy_fwd() {
		vec2 dSTdx = dFdx( vBumpMapUv );
		vec2 dSTdy = dFdy( vBumpMapUv );
		float Hll = bumpScale * texture2D( bumpMap, vBumpMapUv ).x;
		float dBx = bumpScale * texture2D( bumpMap, vBumpMapUv + dSTdx ).x - Hll;
		float dBy = bumpScale * texture2D( bumpMap, vBumpMapUv + dSTdy ).x - Hll;
		return vec2( dBx, dBy );
	}
	vec3 perturbNormalArb( vec3 surf_pos, vec3 surf_norm, vec2 dHdxy, float faceDirection ) {
		vec3 vSigmaX = normalize( dFdx( surf_pos.xyz ) );
		vec3 vSigmaY = normalize( dFdy( surf_pos.xyz ) );
		vec3 vN = surf_norm;
		vec3 R1 = cross( vSigmaY, vN );
		vec3 R2 = cross( vN, vSigmaX );
		float fDet = dot( vSigmaX, R1 ) * faceDirection;
		vec3 vGrad = sign( fDet ) * ( dHdxy.x * R1 + dHdxy.y * R2 );
		return normalize( abs( fDet ) * surf_norm - vGrad );
	}
#endif`,clipping_planes_fragment:`#if NUM_CLIPPING_PLANES > 0
	vec4 plane;
	#ifdef ALPHA_TO_COVERAGE
		float distanceToPlane, distanceGradient;
		float clipOpacity = 1.0;
		#pragma unroll_loop_start
		for ( int i = 0; i < UNION_CLIPPING_PLANES; i ++ ) {
			plane = clippingPlanes[ i ];
			distanceToPlane = - dot( vClipPosition, plane.xyz ) + plane.w;
			distanceGradient = fwidth( distanceToPlane ) / 2.0;
			clipOpacity *= smoothstep( - distanceGradient, distanceGradient, distanceToPlane );
			if ( clipOpacity == 0.0 ) discard;
		}
		#pragma unroll_loop_end
		#if UNION_CLIPPING_PLANES < NUM_CLIPPING_PLANES
			float unionClipOpacity = 1.0;
			#pragma unroll_loop_start
			for ( int i = UNION_CLIPPING_PLANES; i < NUM_CLIPPING_PLANES; i ++ ) {
				plane = clippingPlanes[ i ];
				distanceToPlane = - dot( vClipPosition, plane.xyz ) + plane.w;
				distanceGradient = fwidth( distanceToPlane ) / 2.0;
				unionClipOpacity *= 1.0 - smoothstep( - distanceGradient, distanceGradient, distanceToPlane );
			}
			#pragma unroll_loop_end
			clipOpacity *= 1.0 - unionClipOpacity;
		#endif
		diffuseColor.a *= clipOpacity;
		if ( diffuseColor.a == 0.0 ) discard;
	#else
		#pragma unroll_loop_start
		for ( int i = 0; i < UNION_CLIPPING_PLANES; i ++ ) {
			plane = clippingPlanes[ i ];
			if ( dot( vClipPosition, plane.xyz ) > plane.w ) discard;
		}
		#pragma unroll_loop_end
		#if UNION_CLIPPING_PLANES < NUM_CLIPPING_PLANES
			bool clipped = true;
			#pragma unroll_loop_start
			for ( int i = UNION_CLIPPING_PLANES; i < NUM_CLIPPING_PLANES; i ++ ) {
				plane = clippingPlanes[ i ];
				clipped = ( dot( vClipPosition, plane.xyz ) > plane.w ) && clipped;
			}
			#pragma unroll_loop_end
			if ( clipped ) discard;
		#endif
	#endif
#endif`,clipping_planes_pars_fragment:`#if NUM_CLIPPING_PLANES > 0
	varying vec3 vClipPosition;
	uniform vec4 clippingPlanes[ NUM_CLIPPING_PLANES ];
#endif`,clipping_planes_pars_vertex:`#if NUM_CLIPPING_PLANES > 0
	varying vec3 vClipPosition;
#endif`,clipping_planes_vertex:`#if NUM_CLIPPING_PLANES > 0
	vClipPosition = - mvPosition.xyz;
#endif`,color_fragment:`#if defined( USE_COLOR ) || defined( USE_COLOR_ALPHA )
	diffuseColor *= vColor;
#endif`,color_pars_fragment:`#if defined( USE_COLOR ) || defined( USE_COLOR_ALPHA )
	varying vec4 vColor;
#endif`,color_pars_vertex:`#if defined( USE_COLOR ) || defined( USE_COLOR_ALPHA ) || defined( USE_INSTANCING_COLOR ) || defined( USE_BATCHING_COLOR )
	varying vec4 vColor;
#endif`,color_vertex:`#if defined( USE_COLOR ) || defined( USE_COLOR_ALPHA ) || defined( USE_INSTANCING_COLOR ) || defined( USE_BATCHING_COLOR )
	vColor = vec4( 1.0 );
#endif
#ifdef USE_COLOR_ALPHA
	vColor *= color;
#elif defined( USE_COLOR )
	vColor.rgb *= color;
#endif
#ifdef USE_INSTANCING_COLOR
	vColor.rgb *= instanceColor.rgb;
#endif
#ifdef USE_BATCHING_COLOR
	vColor *= getBatchingColor( getIndirectIndex( gl_DrawID ) );
#endif`,common:`#define PI 3.141592653589793
#define PI2 6.283185307179586
#define PI_HALF 1.5707963267948966
#define RECIPROCAL_PI 0.3183098861837907
#define RECIPROCAL_PI2 0.15915494309189535
#define EPSILON 1e-6
#ifndef saturate
#define saturate( a ) clamp( a, 0.0, 1.0 )
#endif
#define whiteComplement( a ) ( 1.0 - saturate( a ) )
float pow2( const in float x ) { return x*x; }
vec3 pow2( const in vec3 x ) { return x*x; }
float pow3( const in float x ) { return x*x*x; }
float pow4( const in float x ) { float x2 = x*x; return x2*x2; }
float max3( const in vec3 v ) { return max( max( v.x, v.y ), v.z ); }
float average( const in vec3 v ) { return dot( v, vec3( 0.3333333 ) ); }
highp float rand( const in vec2 uv ) {
	const highp float a = 12.9898, b = 78.233, c = 43758.5453;
	highp float dt = dot( uv.xy, vec2( a,b ) ), sn = mod( dt, PI );
	return fract( sin( sn ) * c );
}
#ifdef HIGH_PRECISION
	float precisionSafeLength( vec3 v ) { return length( v ); }
#else
	float precisionSafeLength( vec3 v ) {
		float maxComponent = max3( abs( v ) );
		return length( v / maxComponent ) * maxComponent;
	}
#endif
struct IncidentLight {
	vec3 color;
	vec3 direction;
	bool visible;
};
struct ReflectedLight {
	vec3 directDiffuse;
	vec3 directSpecular;
	vec3 indirectDiffuse;
	vec3 indirectSpecular;
};
#ifdef USE_ALPHAHASH
	varying vec3 vPosition;
#endif
vec3 transformDirection( in vec3 dir, in mat4 matrix ) {
	return normalize( ( matrix * vec4( dir, 0.0 ) ).xyz );
}
#define inverseTransformDirection transformDirectionByInverseViewMatrix
vec3 transformNormalByInverseViewMatrix( in vec3 normal, in mat4 viewMatrix ) {
	return normalize( ( vec4( normal, 0.0 ) * viewMatrix ).xyz );
}
vec3 transformDirectionByInverseViewMatrix( in vec3 dir, in mat4 viewMatrix ) {
	return normalize( ( vec4( dir, 0.0 ) * viewMatrix ).xyz );
}
bool isPerspectiveMatrix( mat4 m ) {
	return m[ 2 ][ 3 ] == - 1.0;
}
vec2 equirectUv( in vec3 dir ) {
	float u = atan( dir.z, dir.x ) * RECIPROCAL_PI2 + 0.5;
	float v = asin( clamp( dir.y, - 1.0, 1.0 ) ) * RECIPROCAL_PI + 0.5;
	return vec2( u, v );
}
vec3 BRDF_Lambert( const in vec3 diffuseColor ) {
	return RECIPROCAL_PI * diffuseColor;
}
vec3 F_Schlick( const in vec3 f0, const in float f90, const in float dotVH ) {
	float fresnel = exp2( ( - 5.55473 * dotVH - 6.98316 ) * dotVH );
	return f0 * ( 1.0 - fresnel ) + ( f90 * fresnel );
}
float F_Schlick( const in float f0, const in float f90, const in float dotVH ) {
	float fresnel = exp2( ( - 5.55473 * dotVH - 6.98316 ) * dotVH );
	return f0 * ( 1.0 - fresnel ) + ( f90 * fresnel );
} // validated`,defaultnormal_vertex:`vec3 transformedNormal = objectNormal;
#ifdef USE_TANGENT
	vec3 transformedTangent = objectTangent;
#endif
#ifdef USE_BATCHING
	mat3 bm = mat3( batchingMatrix );
	transformedNormal /= vec3( dot( bm[ 0 ], bm[ 0 ] ), dot( bm[ 1 ], bm[ 1 ] ), dot( bm[ 2 ], bm[ 2 ] ) );
	transformedNormal = bm * transformedNormal;
	#ifdef USE_TANGENT
		transformedTangent = bm * transformedTangent;
	#endif
#endif
#ifdef USE_INSTANCING
	mat3 im = mat3( instanceMatrix );
	transformedNormal /= vec3( dot( im[ 0 ], im[ 0 ] ), dot( im[ 1 ], im[ 1 ] ), dot( im[ 2 ], im[ 2 ] ) );
	transformedNormal = im * transformedNormal;
	#ifdef USE_TANGENT
		transformedTangent = im * transformedTangent;
	#endif
#endif
transformedNormal = normalMatrix * transformedNormal;
#ifdef FLIP_SIDED
	transformedNormal = - transformedNormal;
#endif
#ifdef USE_TANGENT
	transformedTangent = ( modelViewMatrix * vec4( transformedTangent, 0.0 ) ).xyz;
#endif`,displacementmap_pars_vertex:`#ifdef USE_DISPLACEMENTMAP
	uniform sampler2D displacementMap;
	uniform float displacementScale;
	uniform float displacementBias;
#endif`,displacementmap_vertex:`#ifdef USE_DISPLACEMENTMAP
	transformed += normalize( objectNormal ) * ( texture2D( displacementMap, vDisplacementMapUv ).x * displacementScale + displacementBias );
#endif`,emissivemap_fragment:`#ifdef USE_EMISSIVEMAP
	vec4 emissiveColor = texture2D( emissiveMap, vEmissiveMapUv );
	#ifdef DECODE_VIDEO_TEXTURE_EMISSIVE
		emissiveColor = sRGBTransferEOTF( emissiveColor );
	#endif
	totalEmissiveRadiance *= emissiveColor.rgb;
#endif`,emissivemap_pars_fragment:`#ifdef USE_EMISSIVEMAP
	uniform sampler2D emissiveMap;
#endif`,colorspace_fragment:`gl_FragColor = linearToOutputTexel( gl_FragColor );`,colorspace_pars_fragment:`vec4 LinearTransferOETF( in vec4 value ) {
	return value;
}
vec4 sRGBTransferEOTF( in vec4 value ) {
	return vec4( mix( pow( value.rgb * 0.9478672986 + vec3( 0.0521327014 ), vec3( 2.4 ) ), value.rgb * 0.0773993808, vec3( lessThanEqual( value.rgb, vec3( 0.04045 ) ) ) ), value.a );
}
vec4 sRGBTransferOETF( in vec4 value ) {
	return vec4( mix( pow( value.rgb, vec3( 0.41666 ) ) * 1.055 - vec3( 0.055 ), value.rgb * 12.92, vec3( lessThanEqual( value.rgb, vec3( 0.0031308 ) ) ) ), value.a );
}`,envmap_fragment:`#ifdef USE_ENVMAP
	#ifdef ENV_WORLDPOS
		vec3 cameraToFrag;
		if ( isOrthographic ) {
			cameraToFrag = normalize( vec3( - viewMatrix[ 0 ][ 2 ], - viewMatrix[ 1 ][ 2 ], - viewMatrix[ 2 ][ 2 ] ) );
		} else {
			cameraToFrag = normalize( vWorldPosition - cameraPosition );
		}
		vec3 worldNormal = transformNormalByInverseViewMatrix( normal, viewMatrix );
		#ifdef ENVMAP_MODE_REFLECTION
			vec3 reflectVec = reflect( cameraToFrag, worldNormal );
		#else
			vec3 reflectVec = refract( cameraToFrag, worldNormal, refractionRatio );
		#endif
	#else
		vec3 reflectVec = vReflect;
	#endif
	#ifdef ENVMAP_TYPE_CUBE
		vec4 envColor = textureCube( envMap, envMapRotation * reflectVec );
		#ifdef ENVMAP_BLENDING_MULTIPLY
			outgoingLight = mix( outgoingLight, outgoingLight * envColor.xyz, specularStrength * reflectivity );
		#elif defined( ENVMAP_BLENDING_MIX )
			outgoingLight = mix( outgoingLight, envColor.xyz, specularStrength * reflectivity );
		#elif defined( ENVMAP_BLENDING_ADD )
			outgoingLight += envColor.xyz * specularStrength * reflectivity;
		#endif
	#endif
#endif`,envmap_common_pars_fragment:`#ifdef USE_ENVMAP
	uniform float envMapIntensity;
	uniform mat3 envMapRotation;
	uniform samplerCube envMap;
	#ifdef ENVMAP_TYPE_PMREM
		float roughnessToMip( const in float roughness ) {
			float r = clamp( roughness, 0.0, 1.0 );
			return ENVMAP_MAX_LOD * r * ( 2.0 - r );
		}
	#endif
#endif`,envmap_pars_fragment:`#ifdef USE_ENVMAP
	uniform float reflectivity;
	#if defined( USE_BUMPMAP ) || defined( USE_NORMALMAP ) || defined( PHONG ) || defined( LAMBERT )
		#define ENV_WORLDPOS
	#endif
	#ifdef ENV_WORLDPOS
		varying vec3 vWorldPosition;
		uniform float refractionRatio;
	#else
		varying vec3 vReflect;
	#endif
#endif`,envmap_pars_vertex:`#ifdef USE_ENVMAP
	#if defined( USE_BUMPMAP ) || defined( USE_NORMALMAP ) || defined( PHONG ) || defined( LAMBERT )
		#define ENV_WORLDPOS
	#endif
	#ifdef ENV_WORLDPOS
		
		varying vec3 vWorldPosition;
	#else
		varying vec3 vReflect;
		uniform float refractionRatio;
	#endif
#endif`,envmap_physical_pars_fragment:`#ifdef USE_ENVMAP
	vec3 getIBLIrradiance( const in vec3 normal ) {
		#ifdef ENVMAP_TYPE_PMREM
			vec3 worldNormal = transformNormalByInverseViewMatrix( normal, viewMatrix );
			vec4 envMapColor = textureLod( envMap, envMapRotation * worldNormal, ENVMAP_MAX_LOD );
			return PI * envMapColor.rgb * envMapIntensity;
		#else
			return vec3( 0.0 );
		#endif
	}
	vec3 getIBLRadiance( const in vec3 viewDir, const in vec3 normal, const in float roughness ) {
		#ifdef ENVMAP_TYPE_PMREM
			vec3 reflectVec = reflect( - viewDir, normal );
			reflectVec = normalize( mix( reflectVec, normal, pow4( roughness ) ) );
			reflectVec = transformDirectionByInverseViewMatrix( reflectVec, viewMatrix );
			vec4 envMapColor = textureLod( envMap, envMapRotation * reflectVec, roughnessToMip( roughness ) );
			return envMapColor.rgb * envMapIntensity;
		#else
			return vec3( 0.0 );
		#endif
	}
	#ifdef USE_RETROREFLECTION
		vec3 getIBLRetroRadiance( const in vec3 viewDir, const in vec3 normal, const in float roughness ) {
			#ifdef ENVMAP_TYPE_PMREM
				vec3 retroVec = normalize( mix( viewDir, normal, pow4( roughness ) ) );
				retroVec = transformDirectionByInverseViewMatrix( retroVec, viewMatrix );
				vec4 envMapColor = textureLod( envMap, envMapRotation * retroVec, roughnessToMip( roughness ) );
				return envMapColor.rgb * envMapIntensity;
			#else
				return vec3( 0.0 );
			#endif
		}
	#endif
	#ifdef USE_ANISOTROPY
		vec3 getIBLAnisotropyRadiance( const in vec3 viewDir, const in vec3 normal, const in float roughness, const in vec3 bitangent, const in float anisotropy ) {
			#ifdef ENVMAP_TYPE_PMREM
				vec3 bentNormal = cross( bitangent, viewDir );
				bentNormal = normalize( cross( bentNormal, bitangent ) );
				bentNormal = normalize( mix( bentNormal, normal, pow2( pow2( 1.0 - anisotropy * ( 1.0 - roughness ) ) ) ) );
				return getIBLRadiance( viewDir, bentNormal, roughness );
			#else
				return vec3( 0.0 );
			#endif
		}
		#ifdef USE_RETROREFLECTION
			vec3 getIBLAnisotropyRetroRadiance( const in vec3 viewDir, const in vec3 normal, const in float roughness, const in vec3 bitangent, const in float anisotropy ) {
				#ifdef ENVMAP_TYPE_PMREM
					vec3 bentNormal = cross( bitangent, viewDir );
					bentNormal = normalize( cross( bentNormal, bitangent ) );
					bentNormal = normalize( mix( bentNormal, normal, pow2( pow2( 1.0 - anisotropy * ( 1.0 - roughness ) ) ) ) );
					return getIBLRetroRadiance( viewDir, bentNormal, roughness );
				#else
					return vec3( 0.0 );
				#endif
			}
		#endif
	#endif
#endif`,envmap_vertex:`#ifdef USE_ENVMAP
	#ifdef ENV_WORLDPOS
		vWorldPosition = worldPosition.xyz;
	#else
		vec3 cameraToVertex;
		if ( isOrthographic ) {
			cameraToVertex = normalize( vec3( - viewMatrix[ 0 ][ 2 ], - viewMatrix[ 1 ][ 2 ], - viewMatrix[ 2 ][ 2 ] ) );
		} else {
			cameraToVertex = normalize( worldPosition.xyz - cameraPosition );
		}
		vec3 worldNormal = transformNormalByInverseViewMatrix( transformedNormal, viewMatrix );
		#ifdef ENVMAP_MODE_REFLECTION
			vReflect = reflect( cameraToVertex, worldNormal );
		#else
			vReflect = refract( cameraToVertex, worldNormal, refractionRatio );
		#endif
	#endif
#endif`,fog_vertex:`#ifdef USE_FOG
	vFogDepth = - mvPosition.z;
#endif`,fog_pars_vertex:`#ifdef USE_FOG
	varying float vFogDepth;
#endif`,fog_fragment:`#ifdef USE_FOG
	#ifdef FOG_EXP2
		float fogFactor = 1.0 - exp( - fogDensity * fogDensity * vFogDepth * vFogDepth );
	#else
		float fogFactor = smoothstep( fogNear, fogFar, vFogDepth );
	#endif
	gl_FragColor.rgb = mix( gl_FragColor.rgb, fogColor, fogFactor );
#endif`,fog_pars_fragment:`#ifdef USE_FOG
	uniform vec3 fogColor;
	varying float vFogDepth;
	#ifdef FOG_EXP2
		uniform float fogDensity;
	#else
		uniform float fogNear;
		uniform float fogFar;
	#endif
#endif`,gradientmap_pars_fragment:`#ifdef USE_GRADIENTMAP
	uniform sampler2D gradientMap;
#endif
vec3 getGradientIrradiance( vec3 normal, vec3 lightDirection ) {
	float dotNL = dot( normal, lightDirection );
	vec2 coord = vec2( dotNL * 0.5 + 0.5, 0.0 );
	#ifdef USE_GRADIENTMAP
		return vec3( texture2D( gradientMap, coord ).r );
	#else
		vec2 fw = fwidth( coord ) * 0.5;
		return mix( vec3( 0.7 ), vec3( 1.0 ), smoothstep( 0.7 - fw.x, 0.7 + fw.x, coord.x ) );
	#endif
}`,lightmap_pars_fragment:`#ifdef USE_LIGHTMAP
	uniform sampler2D lightMap;
	uniform float lightMapIntensity;
#endif`,lights_lambert_fragment:`LambertMaterial material;
material.diffuseColor = diffuseColor.rgb;
material.specularStrength = specularStrength;`,lights_lambert_pars_fragment:`varying vec3 vViewPosition;
struct LambertMaterial {
	vec3 diffuseColor;
	float specularStrength;
};
void RE_Direct_Lambert( const in IncidentLight directLight, const in vec3 geometryPosition, const in vec3 geometryNormal, const in vec3 geometryViewDir, const in vec3 geometryClearcoatNormal, const in LambertMaterial material, inout ReflectedLight reflectedLight ) {
	float dotNL = saturate( dot( geometryNormal, directLight.direction ) );
	vec3 irradiance = dotNL * directLight.color;
	reflectedLight.directDiffuse += irradiance * BRDF_Lambert( material.diffuseColor );
}
void RE_IndirectDiffuse_Lambert( const in vec3 irradiance, const in vec3 geometryPosition, const in vec3 geometryNormal, const in vec3 geometryViewDir, const in vec3 geometryClearcoatNormal, const in LambertMaterial material, inout ReflectedLight reflectedLight ) {
	reflectedLight.indirectDiffuse += irradiance * BRDF_Lambert( material.diffuseColor );
}
#define RE_Direct				RE_Direct_Lambert
#define RE_IndirectDiffuse		RE_IndirectDiffuse_Lambert`,lights_pars_begin:`uniform bool receiveShadow;
uniform vec3 ambientLightColor;
#if defined( USE_LIGHT_PROBES )
	uniform vec3 lightProbe[ 9 ];
#endif
vec3 shGetIrradianceAt( in vec3 normal, in vec3 shCoefficients[ 9 ] ) {
	float x = normal.x, y = normal.y, z = normal.z;
	vec3 result = shCoefficients[ 0 ] * 0.886227;
	result += shCoefficients[ 1 ] * 2.0 * 0.511664 * y;
	result += shCoefficients[ 2 ] * 2.0 * 0.511664 * z;
	result += shCoefficients[ 3 ] * 2.0 * 0.511664 * x;
	result += shCoefficients[ 4 ] * 2.0 * 0.429043 * x * y;
	result += shCoefficients[ 5 ] * 2.0 * 0.429043 * y * z;
	result += shCoefficients[ 6 ] * ( 0.743125 * z * z - 0.247708 );
	result += shCoefficients[ 7 ] * 2.0 * 0.429043 * x * z;
	result += shCoefficients[ 8 ] * 0.429043 * ( x * x - y * y );
	return result;
}
vec3 getLightProbeIrradiance( const in vec3 lightProbe[ 9 ], const in vec3 normal ) {
	vec3 worldNormal = transformNormalByInverseViewMatrix( normal, viewMatrix );
	vec3 irradiance = shGetIrradianceAt( worldNormal, lightProbe );
	return irradiance;
}
vec3 getAmbientLightIrradiance( const in vec3 ambientLightColor ) {
	vec3 irradiance = ambientLightColor;
	return irradiance;
}
float getDistanceAttenuation( const in float lightDistance, const in float cutoffDistance, const in float decayExponent ) {
	float distanceFalloff = 1.0 / max( pow( lightDistance, decayExponent ), 0.01 );
	if ( cutoffDistance > 0.0 ) {
		distanceFalloff *= pow2( saturate( 1.0 - pow4( lightDistance / cutoffDistance ) ) );
	}
	return distanceFalloff;
}
float getSpotAttenuation( const in float coneCosine, const in float penumbraCosine, const in float angleCosine ) {
	return smoothstep( coneCosine, penumbraCosine, angleCosine );
}
#if NUM_SUN_LIGHTS > 0
	struct SunLight {
		vec3 direction;
		vec3 color;
	};
	uniform SunLight sunLights[ NUM_SUN_LIGHTS ];
	void getSunLightInfo( const in SunLight sunLight, out IncidentLight light ) {
		light.color = sunLight.color;
		light.direction = sunLight.direction;
		light.visible = true;
	}
#endif
#if NUM_DIR_LIGHTS > 0
	struct DirectionalLight {
		vec3 direction;
		vec3 color;
	};
	uniform DirectionalLight directionalLights[ NUM_DIR_LIGHTS ];
	void getDirectionalLightInfo( const in DirectionalLight directionalLight, out IncidentLight light ) {
		light.color = directionalLight.color;
		light.direction = directionalLight.direction;
		light.visible = true;
	}
#endif
#if NUM_POINT_LIGHTS > 0
	struct PointLight {
		vec3 position;
		vec3 color;
		float distance;
		float decay;
	};
	uniform PointLight pointLights[ NUM_POINT_LIGHTS ];
	void getPointLightInfo( const in PointLight pointLight, const in vec3 geometryPosition, out IncidentLight light ) {
		vec3 lVector = pointLight.position - geometryPosition;
		light.direction = normalize( lVector );
		float lightDistance = length( lVector );
		light.color = pointLight.color;
		light.color *= getDistanceAttenuation( lightDistance, pointLight.distance, pointLight.decay );
		light.visible = ( light.color != vec3( 0.0 ) );
	}
#endif
#if NUM_SPOT_LIGHTS > 0
	struct SpotLight {
		vec3 position;
		vec3 direction;
		vec3 color;
		float distance;
		float decay;
		float coneCos;
		float penumbraCos;
	};
	uniform SpotLight spotLights[ NUM_SPOT_LIGHTS ];
	void getSpotLightInfo( const in SpotLight spotLight, const in vec3 geometryPosition, out IncidentLight light ) {
		vec3 lVector = spotLight.position - geometryPosition;
		light.direction = normalize( lVector );
		float angleCos = dot( light.direction, spotLight.direction );
		float spotAttenuation = getSpotAttenuation( spotLight.coneCos, spotLight.penumbraCos, angleCos );
		if ( spotAttenuation > 0.0 ) {
			float lightDistance = length( lVector );
			light.color = spotLight.color * spotAttenuation;
			light.color *= getDistanceAttenuation( lightDistance, spotLight.distance, spotLight.decay );
			light.visible = ( light.color != vec3( 0.0 ) );
		} else {
			light.color = vec3( 0.0 );
			light.visible = false;
		}
	}
#endif
#if NUM_RECT_AREA_LIGHTS > 0
	struct RectAreaLight {
		vec3 color;
		vec3 position;
		vec3 halfWidth;
		vec3 halfHeight;
	};
	uniform sampler2D ltc_1;	uniform sampler2D ltc_2;
	uniform RectAreaLight rectAreaLights[ NUM_RECT_AREA_LIGHTS ];
#endif
#if NUM_HEMI_LIGHTS > 0
	struct HemisphereLight {
		vec3 direction;
		vec3 skyColor;
		vec3 groundColor;
	};
	uniform HemisphereLight hemisphereLights[ NUM_HEMI_LIGHTS ];
	vec3 getHemisphereLightIrradiance( const in HemisphereLight hemiLight, const in vec3 normal ) {
		float dotNL = dot( normal, hemiLight.direction );
		float hemiDiffuseWeight = 0.5 * dotNL + 0.5;
		vec3 irradiance = mix( hemiLight.groundColor, hemiLight.skyColor, hemiDiffuseWeight );
		return irradiance;
	}
#endif
#include <lightprobes_pars_fragment>`,lights_toon_fragment:`ToonMaterial material;
material.diffuseColor = diffuseColor.rgb;`,lights_toon_pars_fragment:`varying vec3 vViewPosition;
struct ToonMaterial {
	vec3 diffuseColor;
};
void RE_Direct_Toon( const in IncidentLight directLight, const in vec3 geometryPosition, const in vec3 geometryNormal, const in vec3 geometryViewDir, const in vec3 geometryClearcoatNormal, const in ToonMaterial material, inout ReflectedLight reflectedLight ) {
	vec3 irradiance = getGradientIrradiance( geometryNormal, directLight.direction ) * directLight.color;
	reflectedLight.directDiffuse += irradiance * BRDF_Lambert( material.diffuseColor );
}
void RE_IndirectDiffuse_Toon( const in vec3 irradiance, const in vec3 geometryPosition, const in vec3 geometryNormal, const in vec3 geometryViewDir, const in vec3 geometryClearcoatNormal, const in ToonMaterial material, inout ReflectedLight reflectedLight ) {
	reflectedLight.indirectDiffuse += irradiance * BRDF_Lambert( material.diffuseColor );
}
#define RE_Direct				RE_Direct_Toon
#define RE_IndirectDiffuse		RE_IndirectDiffuse_Toon`,lights_phong_fragment:`BlinnPhongMaterial material;
material.diffuseColor = diffuseColor.rgb;
material.specularColor = specular;
material.specularShininess = shininess;
material.specularStrength = specularStrength;`,lights_phong_pars_fragment:`varying vec3 vViewPosition;
struct BlinnPhongMaterial {
	vec3 diffuseColor;
	vec3 specularColor;
	float specularShininess;
	float specularStrength;
};
void RE_Direct_BlinnPhong( const in IncidentLight directLight, const in vec3 geometryPosition, const in vec3 geometryNormal, const in vec3 geometryViewDir, const in vec3 geometryClearcoatNormal, const in BlinnPhongMaterial material, inout ReflectedLight reflectedLight ) {
	float dotNL = saturate( dot( geometryNormal, directLight.direction ) );
	vec3 irradiance = dotNL * directLight.color;
	reflectedLight.directDiffuse += irradiance * BRDF_Lambert( material.diffuseColor );
	reflectedLight.directSpecular += irradiance * BRDF_BlinnPhong( directLight.direction, geometryViewDir, geometryNormal, material.specularColor, material.specularShininess ) * material.specularStrength;
}
void RE_IndirectDiffuse_BlinnPhong( const in vec3 irradiance, const in vec3 geometryPosition, const in vec3 geometryNormal, const in vec3 geometryViewDir, const in vec3 geometryClearcoatNormal, const in BlinnPhongMaterial material, inout ReflectedLight reflectedLight ) {
	reflectedLight.indirectDiffuse += irradiance * BRDF_Lambert( material.diffuseColor );
}
#define RE_Direct				RE_Direct_BlinnPhong
#define RE_IndirectDiffuse		RE_IndirectDiffuse_BlinnPhong`,lights_physical_fragment:`PhysicalMaterial material;
material.diffuseColor = diffuseColor.rgb;
material.diffuseContribution = diffuseColor.rgb * ( 1.0 - metalnessFactor );
material.metalness = metalnessFactor;
vec3 dxy = max( abs( dFdx( nonPerturbedNormal ) ), abs( dFdy( nonPerturbedNormal ) ) );
float geometryRoughness = max( max( dxy.x, dxy.y ), dxy.z );
material.roughness = max( roughnessFactor, 0.045 );
material.roughness += geometryRoughness;
material.roughness = min( material.roughness, 1.0 );
#ifdef USE_DIFFUSE_ROUGHNESS
	float diffuseRoughnessFactor = diffuseRoughness;
	#ifdef USE_DIFFUSE_ROUGHNESSMAP
		diffuseRoughnessFactor *= texture2D( diffuseRoughnessMap, vDiffuseRoughnessMapUv ).r;
	#endif
	material.diffuseRoughness = saturate( diffuseRoughnessFactor );
#endif
#ifdef IOR
	material.ior = ior;
	#ifdef USE_SPECULAR
		float specularIntensityFactor = specularIntensity;
		vec3 specularColorFactor = specularColor;
		#ifdef USE_SPECULAR_COLORMAP
			specularColorFactor *= texture2D( specularColorMap, vSpecularColorMapUv ).rgb;
		#endif
		#ifdef USE_SPECULAR_INTENSITYMAP
			specularIntensityFactor *= texture2D( specularIntensityMap, vSpecularIntensityMapUv ).a;
		#endif
		material.specularF90 = mix( specularIntensityFactor, 1.0, metalnessFactor );
	#else
		float specularIntensityFactor = 1.0;
		vec3 specularColorFactor = vec3( 1.0 );
		material.specularF90 = 1.0;
	#endif
	material.specularColor = min( pow2( ( material.ior - 1.0 ) / ( material.ior + 1.0 ) ) * specularColorFactor, vec3( 1.0 ) ) * specularIntensityFactor;
	material.specularColorBlended = mix( material.specularColor, diffuseColor.rgb, metalnessFactor );
#else
	material.specularColor = vec3( 0.04 );
	material.specularColorBlended = mix( material.specularColor, diffuseColor.rgb, metalnessFactor );
	material.specularF90 = 1.0;
#endif
#ifdef USE_CLEARCOAT
	material.clearcoat = clearcoat;
	material.clearcoatRoughness = clearcoatRoughness;
	material.clearcoatF0 = vec3( 0.04 );
	material.clearcoatF90 = 1.0;
	#ifdef USE_CLEARCOATMAP
		material.clearcoat *= texture2D( clearcoatMap, vClearcoatMapUv ).x;
	#endif
	#ifdef USE_CLEARCOAT_ROUGHNESSMAP
		material.clearcoatRoughness *= texture2D( clearcoatRoughnessMap, vClearcoatRoughnessMapUv ).y;
	#endif
	material.clearcoat = saturate( material.clearcoat );	material.clearcoatRoughness = max( material.clearcoatRoughness, 0.045 );
	material.clearcoatRoughness += geometryRoughness;
	material.clearcoatRoughness = min( material.clearcoatRoughness, 1.0 );
#endif
#ifdef USE_DISPERSION
	material.dispersion = dispersion;
#endif
#ifdef USE_RETROREFLECTION
	material.retroreflectivity = retroreflectivity;
#endif
#ifdef USE_IRIDESCENCE
	material.iridescence = iridescence;
	material.iridescenceIOR = iridescenceIOR;
	#ifdef USE_IRIDESCENCEMAP
		material.iridescence *= texture2D( iridescenceMap, vIridescenceMapUv ).r;
	#endif
	#ifdef USE_IRIDESCENCE_THICKNESSMAP
		material.iridescenceThickness = (iridescenceThicknessMaximum - iridescenceThicknessMinimum) * texture2D( iridescenceThicknessMap, vIridescenceThicknessMapUv ).g + iridescenceThicknessMinimum;
	#else
		material.iridescenceThickness = iridescenceThicknessMaximum;
	#endif
#endif
#ifdef USE_SHEEN
	material.sheenColor = sheenColor;
	#ifdef USE_SHEEN_COLORMAP
		material.sheenColor *= texture2D( sheenColorMap, vSheenColorMapUv ).rgb;
	#endif
	material.sheenRoughness = clamp( sheenRoughness, 0.0001, 1.0 );
	#ifdef USE_SHEEN_ROUGHNESSMAP
		material.sheenRoughness *= texture2D( sheenRoughnessMap, vSheenRoughnessMapUv ).a;
	#endif
#endif
#ifdef USE_ANISOTROPY
	#ifdef USE_ANISOTROPYMAP
		mat2 anisotropyMat = mat2( anisotropyVector.x, anisotropyVector.y, - anisotropyVector.y, anisotropyVector.x );
		vec3 anisotropyPolar = texture2D( anisotropyMap, vAnisotropyMapUv ).rgb;
		vec2 anisotropyV = anisotropyMat * normalize( 2.0 * anisotropyPolar.rg - vec2( 1.0 ) ) * anisotropyPolar.b;
	#else
		vec2 anisotropyV = anisotropyVector;
	#endif
	material.anisotropy = length( anisotropyV );
	if( material.anisotropy == 0.0 ) {
		anisotropyV = vec2( 1.0, 0.0 );
	} else {
		anisotropyV /= material.anisotropy;
		material.anisotropy = saturate( material.anisotropy );
	}
	material.alphaT = mix( pow2( material.roughness ), 1.0, pow2( material.anisotropy ) );
	material.anisotropyT = tbn[ 0 ] * anisotropyV.x + tbn[ 1 ] * anisotropyV.y;
	material.anisotropyB = tbn[ 1 ] * anisotropyV.x - tbn[ 0 ] * anisotropyV.y;
#endif`,lights_physical_pars_fragment:`uniform sampler2D dfgLUT;
struct PhysicalMaterial {
	vec3 diffuseColor;
	vec3 diffuseContribution;
	vec3 specularColor;
	vec3 specularColorBlended;
	float roughness;
	float metalness;
	float specularF90;
	float dispersion;
	vec2 dfg;
	vec3 multiScatteringCompensation;
	#ifdef USE_DIFFUSE_ROUGHNESS
		float diffuseRoughness;
	#endif
	#ifdef USE_RETROREFLECTION
		float retroreflectivity;
	#endif
	#ifdef USE_CLEARCOAT
		float clearcoat;
		float clearcoatRoughness;
		vec3 clearcoatF0;
		float clearcoatF90;
	#endif
	#ifdef USE_IRIDESCENCE
		float iridescence;
		float iridescenceIOR;
		float iridescenceThickness;
		vec3 iridescenceFresnel;
		vec3 iridescenceF0Dielectric;
		vec3 iridescenceF0Metallic;
	#endif
	#ifdef USE_SHEEN
		vec3 sheenColor;
		float sheenRoughness;
	#endif
	#ifdef IOR
		float ior;
	#endif
	#ifdef USE_TRANSMISSION
		float transmission;
		float transmissionAlpha;
		float thickness;
		float attenuationDistance;
		vec3 attenuationColor;
	#endif
	#ifdef USE_ANISOTROPY
		float anisotropy;
		float alphaT;
		vec3 anisotropyT;
		vec3 anisotropyB;
	#endif
};
vec3 clearcoatSpecularDirect = vec3( 0.0 );
vec3 clearcoatSpecularIndirect = vec3( 0.0 );
vec3 sheenSpecularDirect = vec3( 0.0 );
vec3 sheenSpecularIndirect = vec3(0.0 );
vec3 Schlick_to_F0( const in vec3 f, const in float f90, const in float dotVH ) {
    float x = clamp( 1.0 - dotVH, 0.0, 1.0 );
    float x2 = x * x;
    float x5 = clamp( x * x2 * x2, 0.0, 0.9999 );
    return ( f - vec3( f90 ) * x5 ) / ( 1.0 - x5 );
}
#ifdef USE_DIFFUSE_ROUGHNESS
	const float EON_EPSILON = 1e-7;
	float FON_DirectionalAlbedo( const in float mu, const in float roughness, const in float A ) {
		float muComp = 1.0 - mu;
		float gOverPi = muComp * ( 0.0571085289 + muComp * ( 0.491881867 + muComp * ( - 0.332181442 + muComp * 0.0714429953 ) ) );
		return A * ( 1.0 + roughness * gOverPi );
	}
	vec3 BRDF_EON( const in vec3 lightDir, const in vec3 viewDir, const in vec3 normal, const in vec3 diffuseColor, const in float roughness ) {
		vec3 rho = saturate( diffuseColor );
		if ( roughness <= EON_EPSILON ) return BRDF_Lambert( rho );
		float dotNL = saturate( dot( normal, lightDir ) );
		float dotNV = saturate( dot( normal, viewDir ) );
		float s = dot( lightDir, viewDir ) - dotNL * dotNV;
		float sOverT = ( s > 0.0 ) ? s / max( max( dotNL, dotNV ), EON_EPSILON ) : s;
		float A = 1.0 / ( 1.0 + ( 0.5 - 2.0 / ( 3.0 * PI ) ) * roughness );
		vec3 singleScatter = rho * RECIPROCAL_PI * A * ( 1.0 + roughness * sOverT );
		float averageAlbedo = A * ( 1.0 + ( 2.0 / 3.0 - 28.0 / ( 15.0 * PI ) ) * roughness );
		float albedoV = FON_DirectionalAlbedo( dotNV, roughness, A );
		float albedoL = FON_DirectionalAlbedo( dotNL, roughness, A );
		vec3 rhoMultiScatter = rho * rho * averageAlbedo / max( vec3( EON_EPSILON ), vec3( 1.0 ) - rho * ( 1.0 - averageAlbedo ) );
		vec3 multiScatter = rhoMultiScatter * RECIPROCAL_PI
			* max( EON_EPSILON, 1.0 - albedoV )
			* max( EON_EPSILON, 1.0 - albedoL )
			/ max( EON_EPSILON, 1.0 - averageAlbedo );
		return singleScatter + multiScatter;
	}
	vec3 EON_DirectionalAlbedo( const in vec3 diffuseColor, const in float roughness, const in float dotNV ) {
		vec3 rho = saturate( diffuseColor );
		if ( roughness <= EON_EPSILON ) return rho;
		float A = 1.0 / ( 1.0 + ( 0.5 - 2.0 / ( 3.0 * PI ) ) * roughness );
		float directionalAlbedo = FON_DirectionalAlbedo( dotNV, roughness, A );
		float averageAlbedo = A * ( 1.0 + ( 2.0 / 3.0 - 28.0 / ( 15.0 * PI ) ) * roughness );
		vec3 rhoMultiScatter = rho * rho * averageAlbedo / max( vec3( EON_EPSILON ), vec3( 1.0 ) - rho * ( 1.0 - averageAlbedo ) );
		return rho * directionalAlbedo + rhoMultiScatter * ( 1.0 - directionalAlbedo );
	}
#endif
float V_GGX_SmithCorrelated( const in float alpha, const in float dotNL, const in float dotNV ) {
	float a2 = pow2( alpha );
	float gv = dotNL * sqrt( a2 + ( 1.0 - a2 ) * pow2( dotNV ) );
	float gl = dotNV * sqrt( a2 + ( 1.0 - a2 ) * pow2( dotNL ) );
	return 0.5 / max( gv + gl, EPSILON );
}
float D_GGX( const in float alpha, const in float dotNH ) {
	float a2 = pow2( alpha );
	float denom = pow2( dotNH ) * ( a2 - 1.0 ) + 1.0;
	return RECIPROCAL_PI * a2 / pow2( denom );
}
#ifdef USE_ANISOTROPY
	float V_GGX_SmithCorrelated_Anisotropic( const in float alphaT, const in float alphaB, const in float dotTV, const in float dotBV, const in float dotTL, const in float dotBL, const in float dotNV, const in float dotNL ) {
		float gv = dotNL * length( vec3( alphaT * dotTV, alphaB * dotBV, dotNV ) );
		float gl = dotNV * length( vec3( alphaT * dotTL, alphaB * dotBL, dotNL ) );
		return 0.5 / max( gv + gl, EPSILON );
	}
	float D_GGX_Anisotropic( const in float alphaT, const in float alphaB, const in float dotNH, const in float dotTH, const in float dotBH ) {
		float a2 = alphaT * alphaB;
		highp vec3 v = vec3( alphaB * dotTH, alphaT * dotBH, a2 * dotNH );
		highp float v2 = dot( v, v );
		float w2 = a2 / v2;
		return RECIPROCAL_PI * a2 * pow2 ( w2 );
	}
#endif
#ifdef USE_CLEARCOAT
	vec3 BRDF_GGX_Clearcoat( const in vec3 lightDir, const in vec3 viewDir, const in vec3 normal, const in PhysicalMaterial material) {
		vec3 f0 = material.clearcoatF0;
		float f90 = material.clearcoatF90;
		float roughness = max( material.clearcoatRoughness, 0.045 );
		float alpha = pow2( roughness );
		vec3 halfDir = normalize( lightDir + viewDir );
		float dotNL = saturate( dot( normal, lightDir ) );
		float dotNV = saturate( dot( normal, viewDir ) );
		float dotNH = saturate( dot( normal, halfDir ) );
		float dotVH = saturate( dot( viewDir, halfDir ) );
		vec3 F = F_Schlick( f0, f90, dotVH );
		float V = V_GGX_SmithCorrelated( alpha, dotNL, dotNV );
		float D = D_GGX( alpha, dotNH );
		return F * ( V * D );
	}
#endif
vec3 BRDF_GGX( const in vec3 lightDir, const in vec3 viewDir, const in vec3 normal, const in PhysicalMaterial material ) {
	vec3 f0 = material.specularColorBlended;
	float f90 = material.specularF90;
	float roughness = max( material.roughness, 0.045 );
	float alpha = pow2( roughness );
	vec3 halfDir = normalize( lightDir + viewDir );
	float dotNL = saturate( dot( normal, lightDir ) );
	float dotNV = saturate( dot( normal, viewDir ) );
	float dotNH = saturate( dot( normal, halfDir ) );
	float dotVH = saturate( dot( viewDir, halfDir ) );
	vec3 F = F_Schlick( f0, f90, dotVH );
	#ifdef USE_IRIDESCENCE
		F = mix( F, material.iridescenceFresnel, material.iridescence );
	#endif
	#ifdef USE_ANISOTROPY
		float dotTL = dot( material.anisotropyT, lightDir );
		float dotTV = dot( material.anisotropyT, viewDir );
		float dotTH = dot( material.anisotropyT, halfDir );
		float dotBL = dot( material.anisotropyB, lightDir );
		float dotBV = dot( material.anisotropyB, viewDir );
		float dotBH = dot( material.anisotropyB, halfDir );
		float alphaT = max( material.alphaT, alpha );
		float V = V_GGX_SmithCorrelated_Anisotropic( alphaT, alpha, dotTV, dotBV, dotTL, dotBL, dotNV, dotNL );
		float D = D_GGX_Anisotropic( alphaT, alpha, dotNH, dotTH, dotBH );
	#else
		float V = V_GGX_SmithCorrelated( alpha, dotNL, dotNV );
		float D = D_GGX( alpha, dotNH );
	#endif
	return F * ( V * D );
}
vec2 LTC_Uv( const in vec3 N, const in vec3 V, const in float roughness ) {
	const float LUT_SIZE = 64.0;
	const float LUT_SCALE = ( LUT_SIZE - 1.0 ) / LUT_SIZE;
	const float LUT_BIAS = 0.5 / LUT_SIZE;
	float dotNV = saturate( dot( N, V ) );
	vec2 uv = vec2( roughness, sqrt( 1.0 - dotNV ) );
	uv = uv * LUT_SCALE + LUT_BIAS;
	return uv;
}
float LTC_ClippedSphereFormFactor( const in vec3 f ) {
	float l = length( f );
	return max( ( l * l + f.z ) / ( l + 1.0 ), 0.0 );
}
vec3 LTC_EdgeVectorFormFactor( const in vec3 v1, const in vec3 v2 ) {
	float x = dot( v1, v2 );
	float y = abs( x );
	float a = 0.8543985 + ( 0.4965155 + 0.0145206 * y ) * y;
	float b = 3.4175940 + ( 4.1616724 + y ) * y;
	float v = a / b;
	float theta_sintheta = ( x > 0.0 ) ? v : 0.5 * inversesqrt( max( 1.0 - x * x, 1e-7 ) ) - v;
	return cross( v1, v2 ) * theta_sintheta;
}
vec3 LTC_Evaluate( const in vec3 N, const in vec3 V, const in vec3 P, const in mat3 mInv, const in vec3 rectCoords[ 4 ] ) {
	vec3 v1 = rectCoords[ 1 ] - rectCoords[ 0 ];
	vec3 v2 = rectCoords[ 3 ] - rectCoords[ 0 ];
	vec3 lightNormal = cross( v1, v2 );
	if( dot( lightNormal, P - rectCoords[ 0 ] ) < 0.0 ) return vec3( 0.0 );
	vec3 T1, T2;
	T1 = normalize( V - N * dot( V, N ) );
	T2 = - cross( N, T1 );
	mat3 mat = mInv * transpose( mat3( T1, T2, N ) );
	vec3 coords[ 4 ];
	coords[ 0 ] = mat * ( rectCoords[ 0 ] - P );
	coords[ 1 ] = mat * ( rectCoords[ 1 ] - P );
	coords[ 2 ] = mat * ( rectCoords[ 2 ] - P );
	coords[ 3 ] = mat * ( rectCoords[ 3 ] - P );
	coords[ 0 ] = normalize( coords[ 0 ] );
	coords[ 1 ] = normalize( coords[ 1 ] );
	coords[ 2 ] = normalize( coords[ 2 ] );
	coords[ 3 ] = normalize( coords[ 3 ] );
	vec3 vectorFormFactor = vec3( 0.0 );
	vectorFormFactor += LTC_EdgeVectorFormFactor( coords[ 0 ], coords[ 1 ] );
	vectorFormFactor += LTC_EdgeVectorFormFactor( coords[ 1 ], coords[ 2 ] );
	vectorFormFactor += LTC_EdgeVectorFormFactor( coords[ 2 ], coords[ 3 ] );
	vectorFormFactor += LTC_EdgeVectorFormFactor( coords[ 3 ], coords[ 0 ] );
	float result = LTC_ClippedSphereFormFactor( vectorFormFactor );
	return vec3( result );
}
#if defined( USE_SHEEN )
float D_Charlie( float roughness, float dotNH ) {
	float alpha = pow2( roughness );
	float invAlpha = 1.0 / alpha;
	float cos2h = dotNH * dotNH;
	float sin2h = max( 1.0 - cos2h, 0.0078125 );
	return ( 2.0 + invAlpha ) * pow( sin2h, invAlpha * 0.5 ) / ( 2.0 * PI );
}
float V_Neubelt( float dotNV, float dotNL ) {
	return saturate( 1.0 / ( 4.0 * ( dotNL + dotNV - dotNL * dotNV ) ) );
}
vec3 BRDF_Sheen( const in vec3 lightDir, const in vec3 viewDir, const in vec3 normal, vec3 sheenColor, const in float sheenRoughness ) {
	vec3 halfDir = normalize( lightDir + viewDir );
	float dotNL = saturate( dot( normal, lightDir ) );
	float dotNV = saturate( dot( normal, viewDir ) );
	float dotNH = saturate( dot( normal, halfDir ) );
	float D = D_Charlie( sheenRoughness, dotNH );
	float V = V_Neubelt( dotNV, dotNL );
	return sheenColor * ( D * V );
}
#endif
float IBLSheenBRDF( const in vec3 normal, const in vec3 viewDir, const in float roughness ) {
	float dotNV = saturate( dot( normal, viewDir ) );
	float r2 = roughness * roughness;
	float rInv = 1.0 / ( roughness + 0.1 );
	float a = -1.9362 + 1.0678 * roughness + 0.4573 * r2 - 0.8469 * rInv;
	float b = -0.6014 + 0.5538 * roughness - 0.4670 * r2 - 0.1255 * rInv;
	float DG = exp( a * dotNV + b );
	return saturate( DG );
}
vec3 EnvironmentBRDF( const in vec3 normal, const in vec3 viewDir, const in vec3 specularColor, const in float specularF90, const in float roughness ) {
	float dotNV = saturate( dot( normal, viewDir ) );
	vec2 fab = texture2D( dfgLUT, vec2( roughness, dotNV ) ).rg;
	return specularColor * fab.x + specularF90 * fab.y;
}
#ifdef USE_IRIDESCENCE
void computeMultiscatteringIridescence( const in vec2 fab, const in vec3 specularColor, const in float specularF90, const in float iridescence, const in vec3 iridescenceF0, inout vec3 singleScatter, inout vec3 multiScatter ) {
#else
void computeMultiscattering( const in vec2 fab, const in vec3 specularColor, const in float specularF90, inout vec3 singleScatter, inout vec3 multiScatter ) {
#endif
	#ifdef USE_IRIDESCENCE
		vec3 Fr = mix( specularColor, iridescenceF0, iridescence );
	#else
		vec3 Fr = specularColor;
	#endif
	vec3 FssEss = Fr * fab.x + specularF90 * fab.y;
	float Ess = fab.x + fab.y;
	float Ems = 1.0 - Ess;
	vec3 Favg = Fr + ( 1.0 - Fr ) * 0.047619;	vec3 Fms = FssEss * Favg / ( 1.0 - Ems * Favg );
	singleScatter += FssEss;
	multiScatter += Fms * Ems;
}
#if NUM_RECT_AREA_LIGHTS > 0
	void RE_Direct_RectArea_Physical( const in RectAreaLight rectAreaLight, const in vec3 geometryPosition, const in vec3 geometryNormal, const in vec3 geometryViewDir, const in vec3 geometryClearcoatNormal, const in PhysicalMaterial material, inout ReflectedLight reflectedLight ) {
		vec3 normal = geometryNormal;
		vec3 viewDir = geometryViewDir;
		vec3 position = geometryPosition;
		vec3 lightPos = rectAreaLight.position;
		vec3 halfWidth = rectAreaLight.halfWidth;
		vec3 halfHeight = rectAreaLight.halfHeight;
		vec3 lightColor = rectAreaLight.color;
		float roughness = material.roughness;
		vec3 rectCoords[ 4 ];
		rectCoords[ 0 ] = lightPos + halfWidth - halfHeight;		rectCoords[ 1 ] = lightPos - halfWidth - halfHeight;
		rectCoords[ 2 ] = lightPos - halfWidth + halfHeight;
		rectCoords[ 3 ] = lightPos + halfWidth + halfHeight;
		vec2 uv = LTC_Uv( normal, viewDir, roughness );
		vec4 t1 = texture2D( ltc_1, uv );
		vec4 t2 = texture2D( ltc_2, uv );
		mat3 mInv = mat3(
			vec3( t1.x, 0, t1.y ),
			vec3(    0, 1,    0 ),
			vec3( t1.z, 0, t1.w )
		);
		vec3 fresnel = ( material.specularColorBlended * t2.x + ( material.specularF90 - material.specularColorBlended ) * t2.y );
		reflectedLight.directSpecular += lightColor * fresnel * LTC_Evaluate( normal, viewDir, position, mInv, rectCoords );
		reflectedLight.directDiffuse += lightColor * material.diffuseContribution * LTC_Evaluate( normal, viewDir, position, mat3( 1.0 ), rectCoords );
		#ifdef USE_CLEARCOAT
			vec3 Ncc = geometryClearcoatNormal;
			vec2 uvClearcoat = LTC_Uv( Ncc, viewDir, material.clearcoatRoughness );
			vec4 t1Clearcoat = texture2D( ltc_1, uvClearcoat );
			vec4 t2Clearcoat = texture2D( ltc_2, uvClearcoat );
			mat3 mInvClearcoat = mat3(
				vec3( t1Clearcoat.x, 0, t1Clearcoat.y ),
				vec3(             0, 1,             0 ),
				vec3( t1Clearcoat.z, 0, t1Clearcoat.w )
			);
			vec3 fresnelClearcoat = material.clearcoatF0 * t2Clearcoat.x + ( material.clearcoatF90 - material.clearcoatF0 ) * t2Clearcoat.y;
			clearcoatSpecularDirect += lightColor * fresnelClearcoat * LTC_Evaluate( Ncc, viewDir, position, mInvClearcoat, rectCoords );
		#endif
	}
#endif
void RE_Direct_Physical( const in IncidentLight directLight, const in vec3 geometryPosition, const in vec3 geometryNormal, const in vec3 geometryViewDir, const in vec3 geometryClearcoatNormal, const in PhysicalMaterial material, inout ReflectedLight reflectedLight ) {
	float dotNL = saturate( dot( geometryNormal, directLight.direction ) );
	vec3 irradiance = dotNL * directLight.color;
	#ifdef USE_CLEARCOAT
		float dotNLcc = saturate( dot( geometryClearcoatNormal, directLight.direction ) );
		vec3 ccIrradiance = dotNLcc * directLight.color;
		clearcoatSpecularDirect += ccIrradiance * BRDF_GGX_Clearcoat( directLight.direction, geometryViewDir, geometryClearcoatNormal, material );
	#endif
	#ifdef USE_SHEEN
 
 		sheenSpecularDirect += irradiance * BRDF_Sheen( directLight.direction, geometryViewDir, geometryNormal, material.sheenColor, material.sheenRoughness );
 
 		float sheenAlbedoV = IBLSheenBRDF( geometryNormal, geometryViewDir, material.sheenRoughness );
 		float sheenAlbedoL = IBLSheenBRDF( geometryNormal, directLight.direction, material.sheenRoughness );
 
 		float sheenEnergyComp = 1.0 - max3( material.sheenColor ) * max( sheenAlbedoV, sheenAlbedoL );
 
 		irradiance *= sheenEnergyComp;
 
 	#endif
	vec3 specularBRDF = BRDF_GGX( directLight.direction, geometryViewDir, geometryNormal, material );
	#ifdef USE_RETROREFLECTION
		vec3 retroViewDir = reflect( - geometryViewDir, geometryNormal );
		vec3 retroSpecularBRDF = BRDF_GGX( directLight.direction, retroViewDir, geometryNormal, material );
		specularBRDF = mix( specularBRDF, retroSpecularBRDF, saturate( material.retroreflectivity ) );
	#endif
	reflectedLight.directSpecular += irradiance * specularBRDF * material.multiScatteringCompensation;
	vec3 halfDir = normalize( directLight.direction + geometryViewDir );
	float dotVH = saturate( dot( geometryViewDir, halfDir ) );
	vec3 F = F_Schlick( material.specularColor, material.specularF90, dotVH );
	#ifdef USE_RETROREFLECTION
		vec3 retroHalfDir = normalize( directLight.direction + retroViewDir );
		float dotRetroVH = saturate( dot( retroViewDir, retroHalfDir ) );
		vec3 retroF = F_Schlick( material.specularColor, material.specularF90, dotRetroVH );
		F = mix( F, retroF, saturate( material.retroreflectivity ) );
	#endif
	#ifdef USE_DIFFUSE_ROUGHNESS
		vec3 diffuseBRDF = BRDF_EON( directLight.direction, geometryViewDir, geometryNormal, material.diffuseColor, material.diffuseRoughness ) * ( 1.0 - material.metalness );
	#else
		vec3 diffuseBRDF = BRDF_Lambert( material.diffuseContribution );
	#endif
	reflectedLight.directDiffuse += irradiance * diffuseBRDF * ( 1.0 - F );
}
void RE_IndirectDiffuse_Physical( const in vec3 irradiance, const in vec3 geometryPosition, const in vec3 geometryNormal, const in vec3 geometryViewDir, const in vec3 geometryClearcoatNormal, const in PhysicalMaterial material, inout ReflectedLight reflectedLight ) {
	vec3 singleScattering = vec3( 0.0 );
	vec3 multiScattering = vec3( 0.0 );
	#ifdef USE_IRIDESCENCE
		computeMultiscatteringIridescence( material.dfg, material.specularColor, material.specularF90, material.iridescence, material.iridescenceF0Dielectric, singleScattering, multiScattering );
	#else
		computeMultiscattering( material.dfg, material.specularColor, material.specularF90, singleScattering, multiScattering );
	#endif
	#ifdef USE_DIFFUSE_ROUGHNESS
		float dotNV = saturate( dot( geometryNormal, geometryViewDir ) );
		vec3 diffuseAlbedo = EON_DirectionalAlbedo( material.diffuseColor, material.diffuseRoughness, dotNV ) * ( 1.0 - material.metalness );
		vec3 diffuse = irradiance * RECIPROCAL_PI * diffuseAlbedo * ( 1.0 - singleScattering - multiScattering );
	#else
		vec3 diffuse = irradiance * BRDF_Lambert( material.diffuseContribution ) * ( 1.0 - singleScattering - multiScattering );
	#endif
	#ifdef USE_SHEEN
		float sheenAlbedo = IBLSheenBRDF( geometryNormal, geometryViewDir, material.sheenRoughness );
		sheenSpecularIndirect += irradiance * material.sheenColor * sheenAlbedo * RECIPROCAL_PI;
		float sheenEnergyComp = 1.0 - max3( material.sheenColor ) * sheenAlbedo;
		diffuse *= sheenEnergyComp;
	#endif
	reflectedLight.indirectDiffuse += diffuse;
}
void RE_IndirectSpecular_Physical( const in vec3 radiance, const in vec3 irradiance, const in vec3 clearcoatRadiance, const in vec3 geometryPosition, const in vec3 geometryNormal, const in vec3 geometryViewDir, const in vec3 geometryClearcoatNormal, const in PhysicalMaterial material, inout ReflectedLight reflectedLight) {
	#ifdef USE_CLEARCOAT
		clearcoatSpecularIndirect += clearcoatRadiance * EnvironmentBRDF( geometryClearcoatNormal, geometryViewDir, material.clearcoatF0, material.clearcoatF90, material.clearcoatRoughness );
	#endif
	#ifdef USE_SHEEN
		sheenSpecularIndirect += irradiance * material.sheenColor * IBLSheenBRDF( geometryNormal, geometryViewDir, material.sheenRoughness ) * RECIPROCAL_PI;
 	#endif
	vec3 singleScatteringDielectric = vec3( 0.0 );
	vec3 multiScatteringDielectric = vec3( 0.0 );
	vec3 singleScatteringMetallic = vec3( 0.0 );
	vec3 multiScatteringMetallic = vec3( 0.0 );
	#ifdef USE_IRIDESCENCE
		computeMultiscatteringIridescence( material.dfg, material.specularColor, material.specularF90, material.iridescence, material.iridescenceF0Dielectric, singleScatteringDielectric, multiScatteringDielectric );
		computeMultiscatteringIridescence( material.dfg, material.diffuseColor, material.specularF90, material.iridescence, material.iridescenceF0Metallic, singleScatteringMetallic, multiScatteringMetallic );
	#else
		computeMultiscattering( material.dfg, material.specularColor, material.specularF90, singleScatteringDielectric, multiScatteringDielectric );
		computeMultiscattering( material.dfg, material.diffuseColor, material.specularF90, singleScatteringMetallic, multiScatteringMetallic );
	#endif
	vec3 singleScattering = mix( singleScatteringDielectric, singleScatteringMetallic, material.metalness );
	vec3 multiScattering = mix( multiScatteringDielectric, multiScatteringMetallic, material.metalness );
	vec3 totalScatteringDielectric = singleScatteringDielectric + multiScatteringDielectric;
	#ifdef USE_DIFFUSE_ROUGHNESS
		float dotNV = saturate( dot( geometryNormal, geometryViewDir ) );
		vec3 diffuse = EON_DirectionalAlbedo( material.diffuseColor, material.diffuseRoughness, dotNV ) * ( 1.0 - material.metalness ) * ( 1.0 - totalScatteringDielectric );
	#else
		vec3 diffuse = material.diffuseContribution * ( 1.0 - totalScatteringDielectric );
	#endif
	vec3 cosineWeightedIrradiance = irradiance * RECIPROCAL_PI;
	vec3 indirectSpecular = radiance * singleScattering;
	indirectSpecular += multiScattering * cosineWeightedIrradiance;
	vec3 indirectDiffuse = diffuse * cosineWeightedIrradiance;
	#ifdef USE_SHEEN
		float sheenAlbedo = IBLSheenBRDF( geometryNormal, geometryViewDir, material.sheenRoughness );
		float sheenEnergyComp = 1.0 - max3( material.sheenColor ) * sheenAlbedo;
		indirectSpecular *= sheenEnergyComp;
		indirectDiffuse *= sheenEnergyComp;
	#endif
	reflectedLight.indirectSpecular += indirectSpecular;
	reflectedLight.indirectDiffuse += indirectDiffuse;
}
#define RE_Direct				RE_Direct_Physical
#define RE_Direct_RectArea		RE_Direct_RectArea_Physical
#define RE_IndirectDiffuse		RE_IndirectDiffuse_Physical
#define RE_IndirectSpecular		RE_IndirectSpecular_Physical
float computeSpecularOcclusion( const in float dotNV, const in float ambientOcclusion, const in float roughness ) {
	return saturate( pow( dotNV + ambientOcclusion, exp2( - 16.0 * roughness - 1.0 ) ) - 1.0 + ambientOcclusion );
}`,lights_fragment_begin:`
vec3 geometryPosition = - vViewPosition;
vec3 geometryNormal = normal;
vec3 geometryViewDir = ( isOrthographic ) ? vec3( 0, 0, 1 ) : normalize( vViewPosition );
vec3 geometryClearcoatNormal = vec3( 0.0 );
#ifdef USE_CLEARCOAT
	geometryClearcoatNormal = clearcoatNormal;
#endif
#ifdef USE_IRIDESCENCE
	float dotNVi = saturate( dot( normal, geometryViewDir ) );
	if ( material.iridescenceThickness == 0.0 ) {
		material.iridescence = 0.0;
	} else {
		material.iridescence = saturate( material.iridescence );
	}
	if ( material.iridescence > 0.0 ) {
		vec3 iridescenceFresnelDielectric = evalIridescence( 1.0, material.iridescenceIOR, dotNVi, material.iridescenceThickness, material.specularColor );
		vec3 iridescenceFresnelMetallic = evalIridescence( 1.0, material.iridescenceIOR, dotNVi, material.iridescenceThickness, material.diffuseColor );
		material.iridescenceFresnel = mix( iridescenceFresnelDielectric, iridescenceFresnelMetallic, material.metalness );
		material.iridescenceF0Dielectric = Schlick_to_F0( iridescenceFresnelDielectric, 1.0, dotNVi );
		material.iridescenceF0Metallic = Schlick_to_F0( iridescenceFresnelMetallic, 1.0, dotNVi );
	}
#endif
#ifdef STANDARD
	float dotNVms = saturate( dot( geometryNormal, geometryViewDir ) );
	material.dfg = texture2D( dfgLUT, vec2( material.roughness, dotNVms ) ).rg;
	#if ( NUM_SUN_LIGHTS > 0 || NUM_DIR_LIGHTS > 0 || NUM_POINT_LIGHTS > 0 || NUM_SPOT_LIGHTS > 0 )
		float EssMs = material.dfg.x + material.dfg.y;
		material.multiScatteringCompensation = 1.0 + material.specularColorBlended * ( 1.0 / EssMs - 1.0 );
	#endif
#endif
IncidentLight directLight;
#if ( NUM_POINT_LIGHTS > 0 ) && defined( RE_Direct )
	PointLight pointLight;
	#if defined( USE_SHADOWMAP ) && NUM_POINT_LIGHT_SHADOWS > 0
	PointLightShadow pointLightShadow;
	#endif
	#pragma unroll_loop_start
	for ( int i = 0; i < NUM_POINT_LIGHTS; i ++ ) {
		pointLight = pointLights[ i ];
		getPointLightInfo( pointLight, geometryPosition, directLight );
		#if defined( USE_SHADOWMAP ) && ( UNROLLED_LOOP_INDEX < NUM_POINT_LIGHT_SHADOWS ) && ( defined( SHADOWMAP_TYPE_PCF ) || defined( SHADOWMAP_TYPE_BASIC ) )
		pointLightShadow = pointLightShadows[ i ];
		directLight.color *= ( directLight.visible && receiveShadow ) ? getPointShadow( pointShadowMap[ i ], pointLightShadow.shadowMapSize, pointLightShadow.shadowIntensity, pointLightShadow.shadowBias, pointLightShadow.shadowRadius, vPointShadowCoord[ i ], pointLightShadow.shadowCameraNear, pointLightShadow.shadowCameraFar ) : 1.0;
		#endif
		RE_Direct( directLight, geometryPosition, geometryNormal, geometryViewDir, geometryClearcoatNormal, material, reflectedLight );
	}
	#pragma unroll_loop_end
#endif
#if ( NUM_SPOT_LIGHTS > 0 ) && defined( RE_Direct )
	SpotLight spotLight;
	vec4 spotColor;
	vec3 spotLightCoord;
	bool inSpotLightMap;
	#if defined( USE_SHADOWMAP ) && NUM_SPOT_LIGHT_SHADOWS > 0
	SpotLightShadow spotLightShadow;
	#endif
	#pragma unroll_loop_start
	for ( int i = 0; i < NUM_SPOT_LIGHTS; i ++ ) {
		spotLight = spotLights[ i ];
		getSpotLightInfo( spotLight, geometryPosition, directLight );
		#if ( UNROLLED_LOOP_INDEX < NUM_SPOT_LIGHT_SHADOWS_WITH_MAPS )
		#define SPOT_LIGHT_MAP_INDEX UNROLLED_LOOP_INDEX
		#elif ( UNROLLED_LOOP_INDEX < NUM_SPOT_LIGHT_SHADOWS )
		#define SPOT_LIGHT_MAP_INDEX NUM_SPOT_LIGHT_MAPS
		#else
		#define SPOT_LIGHT_MAP_INDEX ( UNROLLED_LOOP_INDEX - NUM_SPOT_LIGHT_SHADOWS + NUM_SPOT_LIGHT_SHADOWS_WITH_MAPS )
		#endif
		#if ( SPOT_LIGHT_MAP_INDEX < NUM_SPOT_LIGHT_MAPS )
			spotLightCoord = vSpotLightCoord[ i ].xyz / vSpotLightCoord[ i ].w;
			inSpotLightMap = all( lessThan( abs( spotLightCoord * 2. - 1. ), vec3( 1.0 ) ) );
			spotColor = texture2D( spotLightMap[ SPOT_LIGHT_MAP_INDEX ], spotLightCoord.xy );
			directLight.color = inSpotLightMap ? directLight.color * spotColor.rgb : directLight.color;
		#endif
		#undef SPOT_LIGHT_MAP_INDEX
		#if defined( USE_SHADOWMAP ) && ( UNROLLED_LOOP_INDEX < NUM_SPOT_LIGHT_SHADOWS )
		spotLightShadow = spotLightShadows[ i ];
		directLight.color *= ( directLight.visible && receiveShadow ) ? getShadow( spotShadowMap[ i ], spotLightShadow.shadowMapSize, spotLightShadow.shadowIntensity, spotLightShadow.shadowBias, spotLightShadow.shadowRadius, vSpotLightCoord[ i ] ) : 1.0;
		#endif
		RE_Direct( directLight, geometryPosition, geometryNormal, geometryViewDir, geometryClearcoatNormal, material, reflectedLight );
	}
	#pragma unroll_loop_end
#endif
#if ( NUM_SUN_LIGHTS > 0 ) && defined( RE_Direct )
	SunLight sunLight;
	#if defined( USE_SHADOWMAP ) && NUM_SUN_LIGHT_SHADOWS > 0
	SunLightShadow sunLightShadow;
	#endif
	#pragma unroll_loop_start
	for ( int i = 0; i < NUM_SUN_LIGHTS; i ++ ) {
		sunLight = sunLights[ i ];
		getSunLightInfo( sunLight, directLight );
		#if defined( USE_SHADOWMAP ) && ( UNROLLED_LOOP_INDEX < NUM_SUN_LIGHT_SHADOWS )
		sunLightShadow = sunLightShadows[ i ];
		directLight.color *= ( directLight.visible && receiveShadow ) ? getSunShadow( sunShadowMap[ i ], sunLightShadow, UNROLLED_LOOP_INDEX ) : 1.0;
		#endif
		RE_Direct( directLight, geometryPosition, geometryNormal, geometryViewDir, geometryClearcoatNormal, material, reflectedLight );
	}
	#pragma unroll_loop_end
#endif
#if ( NUM_DIR_LIGHTS > 0 ) && defined( RE_Direct )
	DirectionalLight directionalLight;
	#if defined( USE_SHADOWMAP ) && NUM_DIR_LIGHT_SHADOWS > 0
	DirectionalLightShadow directionalLightShadow;
	#endif
	#pragma unroll_loop_start
	for ( int i = 0; i < NUM_DIR_LIGHTS; i ++ ) {
		directionalLight = directionalLights[ i ];
		getDirectionalLightInfo( directionalLight, directLight );
		#if defined( USE_SHADOWMAP ) && ( UNROLLED_LOOP_INDEX < NUM_DIR_LIGHT_SHADOWS )
		directionalLightShadow = directionalLightShadows[ i ];
		directLight.color *= ( directLight.visible && receiveShadow ) ? getShadow( directionalShadowMap[ i ], directionalLightShadow.shadowMapSize, directionalLightShadow.shadowIntensity, directionalLightShadow.shadowBias, directionalLightShadow.shadowRadius, vDirectionalShadowCoord[ i ] ) : 1.0;
		#endif
		RE_Direct( directLight, geometryPosition, geometryNormal, geometryViewDir, geometryClearcoatNormal, material, reflectedLight );
	}
	#pragma unroll_loop_end
#endif
#if ( NUM_RECT_AREA_LIGHTS > 0 ) && defined( RE_Direct_RectArea )
	RectAreaLight rectAreaLight;
	#pragma unroll_loop_start
	for ( int i = 0; i < NUM_RECT_AREA_LIGHTS; i ++ ) {
		rectAreaLight = rectAreaLights[ i ];
		RE_Direct_RectArea( rectAreaLight, geometryPosition, geometryNormal, geometryViewDir, geometryClearcoatNormal, material, reflectedLight );
	}
	#pragma unroll_loop_end
#endif
#if defined( RE_IndirectDiffuse )
	vec3 iblIrradiance = vec3( 0.0 );
	vec3 irradiance = getAmbientLightIrradiance( ambientLightColor );
	#if defined( USE_LIGHT_PROBES )
		irradiance += getLightProbeIrradiance( lightProbe, geometryNormal );
	#endif
	#if ( NUM_HEMI_LIGHTS > 0 )
		#pragma unroll_loop_start
		for ( int i = 0; i < NUM_HEMI_LIGHTS; i ++ ) {
			irradiance += getHemisphereLightIrradiance( hemisphereLights[ i ], geometryNormal );
		}
		#pragma unroll_loop_end
	#endif
	#if NUM_LIGHT_PROBE_GRIDS > 0
		vec3 probeWorldPos = ( ( vec4( geometryPosition, 1.0 ) - viewMatrix[ 3 ] ) * viewMatrix ).xyz;
		vec3 probeWorldNormal = transformNormalByInverseViewMatrix( geometryNormal, viewMatrix );
		int probeGrid = - 1;
		#pragma unroll_loop_start
		for ( int i = 0; i < NUM_LIGHT_PROBE_GRIDS; i ++ ) {
			if ( isInsideLightProbeGrid( probeWorldPos, probeWorldNormal, probesMin[ i ], probesMax[ i ], probesResolution[ i ] ) ) probeGrid = UNROLLED_LOOP_INDEX;
		}
		#pragma unroll_loop_end
		#pragma unroll_loop_start
		for ( int i = 0; i < NUM_LIGHT_PROBE_GRIDS; i ++ ) {
			if ( probeGrid == UNROLLED_LOOP_INDEX ) irradiance += getLightProbeGridIrradiance( probesSH[ i ], probesMin[ i ], probesMax[ i ], probesResolution[ i ], probeWorldPos, probeWorldNormal );
		}
		#pragma unroll_loop_end
	#endif
#endif
#if defined( RE_IndirectSpecular )
	vec3 radiance = vec3( 0.0 );
	vec3 clearcoatRadiance = vec3( 0.0 );
#endif`,lights_fragment_maps:`#if defined( RE_IndirectDiffuse )
	#ifdef USE_LIGHTMAP
		vec4 lightMapTexel = texture2D( lightMap, vLightMapUv );
		vec3 lightMapIrradiance = lightMapTexel.rgb * lightMapIntensity;
		irradiance += lightMapIrradiance;
	#endif
	#if defined( USE_ENVMAP ) && defined( ENVMAP_TYPE_PMREM )
		#if defined( STANDARD ) || defined( LAMBERT ) || defined( PHONG )
			iblIrradiance += getIBLIrradiance( geometryNormal );
		#endif
	#endif
#endif
#if defined( USE_ENVMAP ) && defined( RE_IndirectSpecular )
	#ifdef USE_ANISOTROPY
		vec3 iblRadiance = getIBLAnisotropyRadiance( geometryViewDir, geometryNormal, material.roughness, material.anisotropyB, material.anisotropy );
	#else
		vec3 iblRadiance = getIBLRadiance( geometryViewDir, geometryNormal, material.roughness );
	#endif
	#ifdef USE_RETROREFLECTION
		#ifdef USE_ANISOTROPY
			vec3 retroIBLRadiance = getIBLAnisotropyRetroRadiance( geometryViewDir, geometryNormal, material.roughness, material.anisotropyB, material.anisotropy );
		#else
			vec3 retroIBLRadiance = getIBLRetroRadiance( geometryViewDir, geometryNormal, material.roughness );
		#endif
		iblRadiance = mix( iblRadiance, retroIBLRadiance, saturate( material.retroreflectivity ) );
	#endif
	radiance += iblRadiance;
	#ifdef USE_CLEARCOAT
		clearcoatRadiance += getIBLRadiance( geometryViewDir, geometryClearcoatNormal, material.clearcoatRoughness );
	#endif
#endif`,lights_fragment_end:`#if defined( RE_IndirectDiffuse )
	#if defined( LAMBERT ) || defined( PHONG )
		irradiance += iblIrradiance;
	#endif
	RE_IndirectDiffuse( irradiance, geometryPosition, geometryNormal, geometryViewDir, geometryClearcoatNormal, material, reflectedLight );
#endif
#if defined( RE_IndirectSpecular )
	RE_IndirectSpecular( radiance, iblIrradiance, clearcoatRadiance, geometryPosition, geometryNormal, geometryViewDir, geometryClearcoatNormal, material, reflectedLight );
#endif`,lightprobes_pars_fragment:`#if NUM_LIGHT_PROBE_GRIDS > 0
uniform highp sampler3D probesSH[ NUM_LIGHT_PROBE_GRIDS ];
uniform vec3 probesMin[ NUM_LIGHT_PROBE_GRIDS ];
uniform vec3 probesMax[ NUM_LIGHT_PROBE_GRIDS ];
uniform vec3 probesResolution[ NUM_LIGHT_PROBE_GRIDS ];
bool isInsideLightProbeGrid( vec3 worldPos, vec3 worldNormal, vec3 probesMin, vec3 probesMax, vec3 probesResolution ) {
	vec3 spacing = ( probesMax - probesMin ) / probesResolution;
	vec3 samplePos = worldPos + worldNormal * spacing * 0.5;
	vec3 margin = spacing * 0.01;
	return all( greaterThanEqual( samplePos, probesMin - margin ) ) && all( lessThanEqual( samplePos, probesMax + margin ) );
}
vec3 getLightProbeGridIrradiance( highp sampler3D probesSH, vec3 probesMin, vec3 probesMax, vec3 probesResolution, vec3 worldPos, vec3 worldNormal ) {
	vec3 res = probesResolution;
	vec3 gridRange = probesMax - probesMin;
	vec3 probeSpacing = gridRange / res;
	vec3 samplePos = worldPos + worldNormal * probeSpacing * 0.5;
	vec3 uvw = clamp( ( samplePos - probesMin ) / gridRange, 0.5 / res, 1.0 - 0.5 / res );
	float nz          = res.z;
	float paddedSlices = nz + 2.0;
	float atlasDepth  = 7.0 * paddedSlices;
	float uvZBase     = uvw.z * nz + 1.0;
	vec4 s0 = texture( probesSH, vec3( uvw.xy, ( uvZBase                       ) / atlasDepth ) );
	vec4 s1 = texture( probesSH, vec3( uvw.xy, ( uvZBase +       paddedSlices   ) / atlasDepth ) );
	vec4 s2 = texture( probesSH, vec3( uvw.xy, ( uvZBase + 2.0 * paddedSlices   ) / atlasDepth ) );
	vec4 s3 = texture( probesSH, vec3( uvw.xy, ( uvZBase + 3.0 * paddedSlices   ) / atlasDepth ) );
	vec4 s4 = texture( probesSH, vec3( uvw.xy, ( uvZBase + 4.0 * paddedSlices   ) / atlasDepth ) );
	vec4 s5 = texture( probesSH, vec3( uvw.xy, ( uvZBase + 5.0 * paddedSlices   ) / atlasDepth ) );
	vec4 s6 = texture( probesSH, vec3( uvw.xy, ( uvZBase + 6.0 * paddedSlices   ) / atlasDepth ) );
	vec3 c0 = s0.xyz;
	vec3 c1 = vec3( s0.w, s1.xy );
	vec3 c2 = vec3( s1.zw, s2.x );
	vec3 c3 = s2.yzw;
	vec3 c4 = s3.xyz;
	vec3 c5 = vec3( s3.w, s4.xy );
	vec3 c6 = vec3( s4.zw, s5.x );
	vec3 c7 = s5.yzw;
	vec3 c8 = s6.xyz;
	float x = worldNormal.x, y = worldNormal.y, z = worldNormal.z;
	vec3 result = c0 * 0.886227;
	result += c1 * 2.0 * 0.511664 * y;
	result += c2 * 2.0 * 0.511664 * z;
	result += c3 * 2.0 * 0.511664 * x;
	result += c4 * 2.0 * 0.429043 * x * y;
	result += c5 * 2.0 * 0.429043 * y * z;
	result += c6 * ( 0.743125 * z * z - 0.247708 );
	result += c7 * 2.0 * 0.429043 * x * z;
	result += c8 * 0.429043 * ( x * x - y * y );
	return max( result, vec3( 0.0 ) );
}
#endif`,logdepthbuf_fragment:`#if defined( USE_LOGARITHMIC_DEPTH_BUFFER )
	gl_FragDepth = vIsPerspective == 0.0 ? gl_FragCoord.z : log2( vFragDepth ) * logDepthBufFC * 0.5;
#endif`,logdepthbuf_pars_fragment:`#if defined( USE_LOGARITHMIC_DEPTH_BUFFER )
	uniform float logDepthBufFC;
	varying float vFragDepth;
	varying float vIsPerspective;
#endif`,logdepthbuf_pars_vertex:`#ifdef USE_LOGARITHMIC_DEPTH_BUFFER
	varying float vFragDepth;
	varying float vIsPerspective;
#endif`,logdepthbuf_vertex:`#ifdef USE_LOGARITHMIC_DEPTH_BUFFER
	vFragDepth = 1.0 + gl_Position.w;
	vIsPerspective = float( isPerspectiveMatrix( projectionMatrix ) );
#endif`,map_fragment:`#ifdef USE_MAP
	vec4 sampledDiffuseColor = texture2D( map, vMapUv );
	#ifdef DECODE_VIDEO_TEXTURE
		sampledDiffuseColor = sRGBTransferEOTF( sampledDiffuseColor );
	#endif
	diffuseColor *= sampledDiffuseColor;
#endif`,map_pars_fragment:`#ifdef USE_MAP
	uniform sampler2D map;
#endif`,map_particle_fragment:`#if defined( USE_MAP ) || defined( USE_ALPHAMAP )
	#if defined( USE_POINTS_UV )
		vec2 uv = vUv;
	#else
		vec2 uv = ( uvTransform * vec3( gl_PointCoord.x, 1.0 - gl_PointCoord.y, 1 ) ).xy;
	#endif
#endif
#ifdef USE_MAP
	diffuseColor *= texture2D( map, uv );
#endif
#ifdef USE_ALPHAMAP
	diffuseColor.a *= texture2D( alphaMap, uv ).g;
#endif`,map_particle_pars_fragment:`#if defined( USE_POINTS_UV )
	varying vec2 vUv;
#else
	#if defined( USE_MAP ) || defined( USE_ALPHAMAP )
		uniform mat3 uvTransform;
	#endif
#endif
#ifdef USE_MAP
	uniform sampler2D map;
#endif
#ifdef USE_ALPHAMAP
	uniform sampler2D alphaMap;
#endif`,metalnessmap_fragment:`float metalnessFactor = metalness;
#ifdef USE_METALNESSMAP
	vec4 texelMetalness = texture2D( metalnessMap, vMetalnessMapUv );
	metalnessFactor *= texelMetalness.b;
#endif`,metalnessmap_pars_fragment:`#ifdef USE_METALNESSMAP
	uniform sampler2D metalnessMap;
#endif`,morphinstance_vertex:`#ifdef USE_INSTANCING_MORPH
	float morphTargetInfluences[ MORPHTARGETS_COUNT ];
	float morphTargetBaseInfluence = texelFetch( morphTexture, ivec2( 0, gl_InstanceID ), 0 ).r;
	for ( int i = 0; i < MORPHTARGETS_COUNT; i ++ ) {
		morphTargetInfluences[i] =  texelFetch( morphTexture, ivec2( i + 1, gl_InstanceID ), 0 ).r;
	}
#endif`,morphcolor_vertex:`#if defined( USE_MORPHCOLORS )
	#if defined( USE_COLOR_ALPHA )
		vColor *= morphTargetBaseInfluence;
	#elif defined( USE_COLOR )
		vColor.rgb *= morphTargetBaseInfluence;
	#endif
	for ( int i = 0; i < MORPHTARGETS_COUNT; i ++ ) {
		#if defined( USE_COLOR_ALPHA )
			if ( morphTargetInfluences[ i ] != 0.0 ) vColor += getMorph( gl_VertexID, i, 2 ) * morphTargetInfluences[ i ];
		#elif defined( USE_COLOR )
			if ( morphTargetInfluences[ i ] != 0.0 ) vColor.rgb += getMorph( gl_VertexID, i, 2 ).rgb * morphTargetInfluences[ i ];
		#endif
	}
#endif`,morphnormal_vertex:`#ifdef USE_MORPHNORMALS
	objectNormal *= morphTargetBaseInfluence;
	for ( int i = 0; i < MORPHTARGETS_COUNT; i ++ ) {
		if ( morphTargetInfluences[ i ] != 0.0 ) objectNormal += getMorph( gl_VertexID, i, 1 ).xyz * morphTargetInfluences[ i ];
	}
#endif`,morphtarget_pars_vertex:`#ifdef USE_MORPHTARGETS
	#ifndef USE_INSTANCING_MORPH
		uniform float morphTargetBaseInfluence;
		uniform float morphTargetInfluences[ MORPHTARGETS_COUNT ];
	#endif
	uniform sampler2DArray morphTargetsTexture;
	uniform ivec2 morphTargetsTextureSize;
	vec4 getMorph( const in int vertexIndex, const in int morphTargetIndex, const in int offset ) {
		int texelIndex = vertexIndex * MORPHTARGETS_TEXTURE_STRIDE + offset;
		int y = texelIndex / morphTargetsTextureSize.x;
		int x = texelIndex - y * morphTargetsTextureSize.x;
		ivec3 morphUV = ivec3( x, y, morphTargetIndex );
		return texelFetch( morphTargetsTexture, morphUV, 0 );
	}
#endif`,morphtarget_vertex:`#ifdef USE_MORPHTARGETS
	transformed *= morphTargetBaseInfluence;
	for ( int i = 0; i < MORPHTARGETS_COUNT; i ++ ) {
		if ( morphTargetInfluences[ i ] != 0.0 ) transformed += getMorph( gl_VertexID, i, 0 ).xyz * morphTargetInfluences[ i ];
	}
#endif`,normal_fragment_begin:`float faceDirection = gl_FrontFacing ? 1.0 : - 1.0;
#ifdef FLAT_SHADED
	vec3 fdx = dFdx( vViewPosition );
	vec3 fdy = dFdy( vViewPosition );
	vec3 normal = normalize( cross( fdx, fdy ) );
#else
	vec3 normal = normalize( vNormal );
	#ifdef DOUBLE_SIDED
		normal *= faceDirection;
	#endif
#endif
#if defined( USE_NORMALMAP_TANGENTSPACE ) || defined( USE_CLEARCOAT_NORMALMAP ) || defined( USE_ANISOTROPY )
	#ifdef USE_TANGENT
		mat3 tbn = mat3( normalize( vTangent ), normalize( vBitangent ), normal );
	#else
		mat3 tbn = getTangentFrame( - vViewPosition, normal,
		#if defined( USE_NORMALMAP )
			vNormalMapUv
		#elif defined( USE_CLEARCOAT_NORMALMAP )
			vClearcoatNormalMapUv
		#else
			vUv
		#endif
		);
	#endif
	#ifdef DOUBLE_SIDED
		tbn[0] *= faceDirection;
		tbn[1] *= faceDirection;
	#endif
#endif
#ifdef USE_CLEARCOAT_NORMALMAP
	#ifdef USE_TANGENT
		mat3 tbn2 = mat3( normalize( vTangent ), normalize( vBitangent ), normal );
	#else
		mat3 tbn2 = getTangentFrame( - vViewPosition, normal, vClearcoatNormalMapUv );
	#endif
	#ifdef DOUBLE_SIDED
		tbn2[0] *= faceDirection;
		tbn2[1] *= faceDirection;
	#endif
#endif
vec3 nonPerturbedNormal = normal;`,normal_fragment_maps:`#ifdef USE_NORMALMAP_OBJECTSPACE
	normal = texture2D( normalMap, vNormalMapUv ).xyz * 2.0 - 1.0;
	#ifdef FLIP_SIDED
		normal = - normal;
	#endif
	#ifdef DOUBLE_SIDED
		normal = normal * faceDirection;
	#endif
	normal = normalize( normalMatrix * normal );
#elif defined( USE_NORMALMAP_TANGENTSPACE )
	vec3 mapN = texture2D( normalMap, vNormalMapUv ).xyz * 2.0 - 1.0;
	#if defined( USE_PACKED_NORMALMAP )
		mapN = vec3( mapN.xy, sqrt( saturate( 1.0 - dot( mapN.xy, mapN.xy ) ) ) );
	#endif
	mapN.xy *= normalScale;
	normal = normalize( tbn * mapN );
#elif defined( USE_BUMPMAP )
	normal = perturbNormalArb( - vViewPosition, normal, dHdxy_fwd(), faceDirection );
#endif`,normal_pars_fragment:`#ifndef FLAT_SHADED
	varying vec3 vNormal;
	#ifdef USE_TANGENT
		varying vec3 vTangent;
		varying vec3 vBitangent;
	#endif
#endif`,normal_pars_vertex:`#ifndef FLAT_SHADED
	varying vec3 vNormal;
	#ifdef USE_TANGENT
		varying vec3 vTangent;
		varying vec3 vBitangent;
	#endif
#endif`,normal_vertex:`#ifndef FLAT_SHADED
	vNormal = normalize( transformedNormal );
	#ifdef USE_TANGENT
		vTangent = normalize( transformedTangent );
		vBitangent = normalize( cross( vNormal, vTangent ) * tangent.w );
		#ifdef FLIP_SIDED
			vBitangent = - vBitangent;
		#endif
	#endif
#endif`,normalmap_pars_fragment:`#ifdef USE_NORMALMAP
	uniform sampler2D normalMap;
	uniform vec2 normalScale;
#endif
#ifdef USE_NORMALMAP_OBJECTSPACE
	uniform mat3 normalMatrix;
#endif
#if ! defined ( USE_TANGENT ) && ( defined ( USE_NORMALMAP_TANGENTSPACE ) || defined ( USE_CLEARCOAT_NORMALMAP ) || defined( USE_ANISOTROPY ) )
	mat3 getTangentFrame( vec3 eye_pos, vec3 surf_norm, vec2 uv ) {
		vec3 q0 = dFdx( eye_pos.xyz );
		vec3 q1 = dFdy( eye_pos.xyz );
		vec2 st0 = dFdx( uv.st );
		vec2 st1 = dFdy( uv.st );
		vec3 N = surf_norm;
		vec3 q1perp = cross( q1, N );
		vec3 q0perp = cross( N, q0 );
		vec3 T = q1perp * st0.x + q0perp * st1.x;
		vec3 B = q1perp * st0.y + q0perp * st1.y;
		float det = max( dot( T, T ), dot( B, B ) );
		float scale = ( det == 0.0 ) ? 0.0 : inversesqrt( det );
		return mat3( T * scale, B * scale, N );
	}
#endif`,clearcoat_normal_fragment_begin:`#ifdef USE_CLEARCOAT
	vec3 clearcoatNormal = nonPerturbedNormal;
#endif`,clearcoat_normal_fragment_maps:`#ifdef USE_CLEARCOAT_NORMALMAP
	vec3 clearcoatMapN = texture2D( clearcoatNormalMap, vClearcoatNormalMapUv ).xyz * 2.0 - 1.0;
	clearcoatMapN.xy *= clearcoatNormalScale;
	clearcoatNormal = normalize( tbn2 * clearcoatMapN );
#endif`,clearcoat_pars_fragment:`#ifdef USE_CLEARCOATMAP
	uniform sampler2D clearcoatMap;
#endif
#ifdef USE_CLEARCOAT_NORMALMAP
	uniform sampler2D clearcoatNormalMap;
	uniform vec2 clearcoatNormalScale;
#endif
#ifdef USE_CLEARCOAT_ROUGHNESSMAP
	uniform sampler2D clearcoatRoughnessMap;
#endif`,iridescence_pars_fragment:`#ifdef USE_IRIDESCENCEMAP
	uniform sampler2D iridescenceMap;
#endif
#ifdef USE_IRIDESCENCE_THICKNESSMAP
	uniform sampler2D iridescenceThicknessMap;
#endif`,opaque_fragment:`#ifdef OPAQUE
diffuseColor.a = 1.0;
#endif
#ifdef USE_TRANSMISSION
diffuseColor.a *= material.transmissionAlpha;
#endif
gl_FragColor = vec4( outgoingLight, diffuseColor.a );`,packing:`vec3 packNormalToRGB( const in vec3 normal ) {
	return normalize( normal ) * 0.5 + 0.5;
}
vec3 unpackRGBToNormal( const in vec3 rgb ) {
	return 2.0 * rgb.xyz - 1.0;
}
const float PackUpscale = 256. / 255.;const float UnpackDownscale = 255. / 256.;const float ShiftRight8 = 1. / 256.;
const float Inv255 = 1. / 255.;
const vec4 PackFactors = vec4( 1.0, 256.0, 256.0 * 256.0, 256.0 * 256.0 * 256.0 );
const vec2 UnpackFactors2 = vec2( UnpackDownscale, 1.0 / PackFactors.g );
const vec3 UnpackFactors3 = vec3( UnpackDownscale / PackFactors.rg, 1.0 / PackFactors.b );
const vec4 UnpackFactors4 = vec4( UnpackDownscale / PackFactors.rgb, 1.0 / PackFactors.a );
vec4 packDepthToRGBA( const in float v ) {
	if( v <= 0.0 )
		return vec4( 0., 0., 0., 0. );
	if( v >= 1.0 )
		return vec4( 1., 1., 1., 1. );
	float vuf;
	float af = modf( v * PackFactors.a, vuf );
	float bf = modf( vuf * ShiftRight8, vuf );
	float gf = modf( vuf * ShiftRight8, vuf );
	return vec4( vuf * Inv255, gf * PackUpscale, bf * PackUpscale, af );
}
vec3 packDepthToRGB( const in float v ) {
	if( v <= 0.0 )
		return vec3( 0., 0., 0. );
	if( v >= 1.0 )
		return vec3( 1., 1., 1. );
	float vuf;
	float bf = modf( v * PackFactors.b, vuf );
	float gf = modf( vuf * ShiftRight8, vuf );
	return vec3( vuf * Inv255, gf * PackUpscale, bf );
}
vec2 packDepthToRG( const in float v ) {
	if( v <= 0.0 )
		return vec2( 0., 0. );
	if( v >= 1.0 )
		return vec2( 1., 1. );
	float vuf;
	float gf = modf( v * 256., vuf );
	return vec2( vuf * Inv255, gf );
}
float unpackRGBAToDepth( const in vec4 v ) {
	return dot( v, UnpackFactors4 );
}
float unpackRGBToDepth( const in vec3 v ) {
	return dot( v, UnpackFactors3 );
}
float unpackRGToDepth( const in vec2 v ) {
	return v.r * UnpackFactors2.r + v.g * UnpackFactors2.g;
}
vec4 pack2HalfToRGBA( const in vec2 v ) {
	vec4 r = vec4( v.x, fract( v.x * 255.0 ), v.y, fract( v.y * 255.0 ) );
	return vec4( r.x - r.y / 255.0, r.y, r.z - r.w / 255.0, r.w );
}
vec2 unpackRGBATo2Half( const in vec4 v ) {
	return vec2( v.x + ( v.y / 255.0 ), v.z + ( v.w / 255.0 ) );
}
float viewZToOrthographicDepth( const in float viewZ, const in float near, const in float far ) {
	return ( viewZ + near ) / ( near - far );
}
float orthographicDepthToViewZ( const in float depth, const in float near, const in float far ) {
	#ifdef USE_REVERSED_DEPTH_BUFFER
	
		return depth * ( far - near ) - far;
	#else
		return depth * ( near - far ) - near;
	#endif
}
float viewZToPerspectiveDepth( const in float viewZ, const in float near, const in float far ) {
	return ( ( near + viewZ ) * far ) / ( ( far - near ) * viewZ );
}
float perspectiveDepthToViewZ( const in float depth, const in float near, const in float far ) {
	
	#ifdef USE_REVERSED_DEPTH_BUFFER
		return ( near * far ) / ( ( near - far ) * depth - near );
	#else
		return ( near * far ) / ( ( far - near ) * depth - far );
	#endif
}`,premultiplied_alpha_fragment:`#ifdef PREMULTIPLIED_ALPHA
	gl_FragColor.rgb *= gl_FragColor.a;
#endif`,project_vertex:`vec4 mvPosition = vec4( transformed, 1.0 );
#ifdef USE_BATCHING
	mvPosition = batchingMatrix * mvPosition;
#endif
#ifdef USE_INSTANCING
	mvPosition = instanceMatrix * mvPosition;
#endif
mvPosition = modelViewMatrix * mvPosition;
gl_Position = projectionMatrix * mvPosition;`,dithering_fragment:`#ifdef DITHERING
	gl_FragColor.rgb = dithering( gl_FragColor.rgb );
#endif`,dithering_pars_fragment:`#ifdef DITHERING
	vec3 dithering( vec3 color ) {
		float grid_position = rand( gl_FragCoord.xy );
		vec3 dither_shift_RGB = vec3( 0.25 / 255.0, -0.25 / 255.0, 0.25 / 255.0 );
		dither_shift_RGB = mix( 2.0 * dither_shift_RGB, -2.0 * dither_shift_RGB, grid_position );
		return color + dither_shift_RGB;
	}
#endif`,roughnessmap_fragment:`float roughnessFactor = roughness;
#ifdef USE_ROUGHNESSMAP
	vec4 texelRoughness = texture2D( roughnessMap, vRoughnessMapUv );
	roughnessFactor *= texelRoughness.g;
#endif`,roughnessmap_pars_fragment:`#ifdef USE_ROUGHNESSMAP
	uniform sampler2D roughnessMap;
#endif`,shadowmap_pars_fragment:`#if NUM_SPOT_LIGHT_COORDS > 0
	varying vec4 vSpotLightCoord[ NUM_SPOT_LIGHT_COORDS ];
#endif
#if NUM_SPOT_LIGHT_MAPS > 0
	uniform sampler2D spotLightMap[ NUM_SPOT_LIGHT_MAPS ];
#endif
#ifdef USE_SHADOWMAP
	#if NUM_SUN_LIGHT_SHADOWS > 0
		#define SUN_LIGHT_CASCADES 2
		#if defined( SHADOWMAP_TYPE_PCF )
			uniform sampler2DShadow sunShadowMap[ NUM_SUN_LIGHT_SHADOWS ];
		#else
			uniform sampler2D sunShadowMap[ NUM_SUN_LIGHT_SHADOWS ];
		#endif
		uniform mat4 sunShadowMatrix[ NUM_SUN_LIGHT_SHADOWS * SUN_LIGHT_CASCADES ];
		uniform vec4 sunShadowCascade[ NUM_SUN_LIGHT_SHADOWS * SUN_LIGHT_CASCADES ];
		varying vec4 vSunShadowWorldPosition;
		varying vec3 vSunShadowWorldNormal;
		struct SunLightShadow {
			float shadowIntensity;
			float shadowBias;
			float shadowNormalBias;
			float shadowRadius;
			vec2 shadowMapSize;
		};
		uniform SunLightShadow sunLightShadows[ NUM_SUN_LIGHT_SHADOWS ];
	#endif
	#if NUM_DIR_LIGHT_SHADOWS > 0
		#if defined( SHADOWMAP_TYPE_PCF )
			uniform sampler2DShadow directionalShadowMap[ NUM_DIR_LIGHT_SHADOWS ];
		#else
			uniform sampler2D directionalShadowMap[ NUM_DIR_LIGHT_SHADOWS ];
		#endif
		varying vec4 vDirectionalShadowCoord[ NUM_DIR_LIGHT_SHADOWS ];
		struct DirectionalLightShadow {
			float shadowIntensity;
			float shadowBias;
			float shadowNormalBias;
			float shadowRadius;
			vec2 shadowMapSize;
		};
		uniform DirectionalLightShadow directionalLightShadows[ NUM_DIR_LIGHT_SHADOWS ];
	#endif
	#if NUM_SPOT_LIGHT_SHADOWS > 0
		#if defined( SHADOWMAP_TYPE_PCF )
			uniform sampler2DShadow spotShadowMap[ NUM_SPOT_LIGHT_SHADOWS ];
		#else
			uniform sampler2D spotShadowMap[ NUM_SPOT_LIGHT_SHADOWS ];
		#endif
		struct SpotLightShadow {
			float shadowIntensity;
			float shadowBias;
			float shadowNormalBias;
			float shadowRadius;
			vec2 shadowMapSize;
		};
		uniform SpotLightShadow spotLightShadows[ NUM_SPOT_LIGHT_SHADOWS ];
	#endif
	#if NUM_POINT_LIGHT_SHADOWS > 0
		#if defined( SHADOWMAP_TYPE_PCF )
			uniform samplerCubeShadow pointShadowMap[ NUM_POINT_LIGHT_SHADOWS ];
		#elif defined( SHADOWMAP_TYPE_BASIC )
			uniform samplerCube pointShadowMap[ NUM_POINT_LIGHT_SHADOWS ];
		#endif
		varying vec4 vPointShadowCoord[ NUM_POINT_LIGHT_SHADOWS ];
		struct PointLightShadow {
			float shadowIntensity;
			float shadowBias;
			float shadowNormalBias;
			float shadowRadius;
			vec2 shadowMapSize;
			float shadowCameraNear;
			float shadowCameraFar;
		};
		uniform PointLightShadow pointLightShadows[ NUM_POINT_LIGHT_SHADOWS ];
	#endif
	#if defined( SHADOWMAP_TYPE_PCF )
		float interleavedGradientNoise( vec2 position ) {
			return fract( 52.9829189 * fract( dot( position, vec2( 0.06711056, 0.00583715 ) ) ) );
		}
		vec2 vogelDiskSample( int sampleIndex, int samplesCount, float phi ) {
			const float goldenAngle = 2.399963229728653;
			float r = sqrt( ( float( sampleIndex ) + 0.5 ) / float( samplesCount ) );
			float theta = float( sampleIndex ) * goldenAngle + phi;
			return vec2( cos( theta ), sin( theta ) ) * r;
		}
	#endif
	#if defined( SHADOWMAP_TYPE_PCF )
		float getShadow( sampler2DShadow shadowMap, vec2 shadowMapSize, float shadowIntensity, float shadowBias, float shadowRadius, vec4 shadowCoord ) {
			float shadow = 1.0;
			shadowCoord.xyz /= shadowCoord.w;
			#ifdef USE_REVERSED_DEPTH_BUFFER
				shadowCoord.z -= shadowBias;
			#else
				shadowCoord.z += shadowBias;
			#endif
			bool inFrustum = shadowCoord.x >= 0.0 && shadowCoord.x <= 1.0 && shadowCoord.y >= 0.0 && shadowCoord.y <= 1.0;
			bool frustumTest = inFrustum && shadowCoord.z <= 1.0;
			if ( frustumTest ) {
				vec2 texelSize = vec2( 1.0 ) / shadowMapSize;
				vec2 radius = shadowRadius * texelSize;
				float phi = interleavedGradientNoise( gl_FragCoord.xy ) * PI2;
				shadow = (
					texture( shadowMap, vec3( shadowCoord.xy + vogelDiskSample( 0, 5, phi ) * radius, shadowCoord.z ) ) +
					texture( shadowMap, vec3( shadowCoord.xy + vogelDiskSample( 1, 5, phi ) * radius, shadowCoord.z ) ) +
					texture( shadowMap, vec3( shadowCoord.xy + vogelDiskSample( 2, 5, phi ) * radius, shadowCoord.z ) ) +
					texture( shadowMap, vec3( shadowCoord.xy + vogelDiskSample( 3, 5, phi ) * radius, shadowCoord.z ) ) +
					texture( shadowMap, vec3( shadowCoord.xy + vogelDiskSample( 4, 5, phi ) * radius, shadowCoord.z ) )
				) * 0.2;
			}
			return mix( 1.0, shadow, shadowIntensity );
		}
	#elif defined( SHADOWMAP_TYPE_VSM )
		float getShadow( sampler2D shadowMap, vec2 shadowMapSize, float shadowIntensity, float shadowBias, float shadowRadius, vec4 shadowCoord ) {
			float shadow = 1.0;
			shadowCoord.xyz /= shadowCoord.w;
			#ifdef USE_REVERSED_DEPTH_BUFFER
				shadowCoord.z -= shadowBias;
			#else
				shadowCoord.z += shadowBias;
			#endif
			bool inFrustum = shadowCoord.x >= 0.0 && shadowCoord.x <= 1.0 && shadowCoord.y >= 0.0 && shadowCoord.y <= 1.0;
			bool frustumTest = inFrustum && shadowCoord.z <= 1.0;
			if ( frustumTest ) {
				vec2 distribution = texture2D( shadowMap, shadowCoord.xy ).rg;
				float mean = distribution.x;
				float variance = distribution.y * distribution.y;
				#ifdef USE_REVERSED_DEPTH_BUFFER
					float hard_shadow = step( mean, shadowCoord.z );
				#else
					float hard_shadow = step( shadowCoord.z, mean );
				#endif
				
				if ( hard_shadow == 1.0 ) {
					shadow = 1.0;
				} else {
					variance = max( variance, 0.0000001 );
					float d = shadowCoord.z - mean;
					float p_max = variance / ( variance + d * d );
					p_max = clamp( ( p_max - 0.3 ) / 0.65, 0.0, 1.0 );
					shadow = max( hard_shadow, p_max );
				}
			}
			return mix( 1.0, shadow, shadowIntensity );
		}
	#else
		float getShadow( sampler2D shadowMap, vec2 shadowMapSize, float shadowIntensity, float shadowBias, float shadowRadius, vec4 shadowCoord ) {
			float shadow = 1.0;
			shadowCoord.xyz /= shadowCoord.w;
			#ifdef USE_REVERSED_DEPTH_BUFFER
				shadowCoord.z -= shadowBias;
			#else
				shadowCoord.z += shadowBias;
			#endif
			bool inFrustum = shadowCoord.x >= 0.0 && shadowCoord.x <= 1.0 && shadowCoord.y >= 0.0 && shadowCoord.y <= 1.0;
			bool frustumTest = inFrustum && shadowCoord.z <= 1.0;
			if ( frustumTest ) {
				float depth = texture2D( shadowMap, shadowCoord.xy ).r;
				#ifdef USE_REVERSED_DEPTH_BUFFER
					shadow = step( depth, shadowCoord.z );
				#else
					shadow = step( shadowCoord.z, depth );
				#endif
			}
			return mix( 1.0, shadow, shadowIntensity );
		}
	#endif
	#if NUM_SUN_LIGHT_SHADOWS > 0
		float getSunShadow(
			#if defined( SHADOWMAP_TYPE_PCF )
				sampler2DShadow shadowMap,
			#else
				sampler2D shadowMap,
			#endif
			SunLightShadow sunLightShadow,
			int shadowIndex
		) {
			vec4 shadowWorldPosition = vec4( vSunShadowWorldPosition.xyz + vSunShadowWorldNormal * sunLightShadow.shadowNormalBias, 1.0 );
			float viewDepth = vSunShadowWorldPosition.w;
			int cascadeOffset = shadowIndex * SUN_LIGHT_CASCADES;
			float shadow = 1.0;
			for ( int i = SUN_LIGHT_CASCADES - 1; i >= 0; i -- ) {
				vec4 cascade = sunShadowCascade[ cascadeOffset + i ];
				if ( viewDepth >= cascade.x && viewDepth < cascade.y ) {
					float cascadeShadow = getShadow(
						shadowMap,
						sunLightShadow.shadowMapSize,
						sunLightShadow.shadowIntensity,
						sunLightShadow.shadowBias,
						sunLightShadow.shadowRadius,
						sunShadowMatrix[ cascadeOffset + i ] * shadowWorldPosition
					);
					shadow = mix( cascadeShadow, shadow, smoothstep( cascade.z, cascade.y, viewDepth ) );
				}
			}
			return shadow;
		}
	#endif
	#if NUM_POINT_LIGHT_SHADOWS > 0
	#if defined( SHADOWMAP_TYPE_PCF )
	float getPointShadow( samplerCubeShadow shadowMap, vec2 shadowMapSize, float shadowIntensity, float shadowBias, float shadowRadius, vec4 shadowCoord, float shadowCameraNear, float shadowCameraFar ) {
		float shadow = 1.0;
		vec3 lightToPosition = shadowCoord.xyz;
		vec3 bd3D = normalize( lightToPosition );
		vec3 absVec = abs( lightToPosition );
		float viewSpaceZ = max( max( absVec.x, absVec.y ), absVec.z );
		if ( viewSpaceZ - shadowCameraFar <= 0.0 && viewSpaceZ - shadowCameraNear >= 0.0 ) {
			float lightDistance = length( lightToPosition );
			float depthRange = shadowCameraFar - shadowCameraNear;
			#ifdef USE_REVERSED_DEPTH_BUFFER
				float depthA = - shadowCameraNear / depthRange - shadowBias;
				float depthB = shadowCameraNear * shadowCameraFar / ( depthRange * lightDistance );
			#else
				float depthA = shadowCameraFar / depthRange + shadowBias;
				float depthB = - shadowCameraNear * shadowCameraFar / ( depthRange * lightDistance );
			#endif
			float texelSize = shadowRadius / shadowMapSize.x;
			vec3 absDir = abs( bd3D );
			vec3 tangent = absDir.x > absDir.z ? vec3( 0.0, 1.0, 0.0 ) : vec3( 1.0, 0.0, 0.0 );
			tangent = normalize( cross( bd3D, tangent ) );
			vec3 bitangent = cross( bd3D, tangent );
			float phi = interleavedGradientNoise( gl_FragCoord.xy ) * PI2;
			shadow = 0.0;
			for ( int i = 0; i < 5; i ++ ) {
				vec2 offset = vogelDiskSample( i, 5, phi );
				vec3 direction = bd3D + ( tangent * offset.x + bitangent * offset.y ) * texelSize;
				vec3 absDirection = abs( direction );
				float dp = depthA + depthB / max( max( absDirection.x, absDirection.y ), absDirection.z );
				shadow += texture( shadowMap, vec4( direction, dp ) );
			}
			shadow *= 0.2;
		}
		return mix( 1.0, shadow, shadowIntensity );
	}
	#elif defined( SHADOWMAP_TYPE_BASIC )
	float getPointShadow( samplerCube shadowMap, vec2 shadowMapSize, float shadowIntensity, float shadowBias, float shadowRadius, vec4 shadowCoord, float shadowCameraNear, float shadowCameraFar ) {
		float shadow = 1.0;
		vec3 lightToPosition = shadowCoord.xyz;
		vec3 absVec = abs( lightToPosition );
		float viewSpaceZ = max( max( absVec.x, absVec.y ), absVec.z );
		if ( viewSpaceZ - shadowCameraFar <= 0.0 && viewSpaceZ - shadowCameraNear >= 0.0 ) {
			float dp = ( shadowCameraFar * ( viewSpaceZ - shadowCameraNear ) ) / ( viewSpaceZ * ( shadowCameraFar - shadowCameraNear ) );
			dp += shadowBias;
			vec3 bd3D = normalize( lightToPosition );
			float depth = textureCube( shadowMap, bd3D ).r;
			#ifdef USE_REVERSED_DEPTH_BUFFER
				depth = 1.0 - depth;
			#endif
			shadow = step( dp, depth );
		}
		return mix( 1.0, shadow, shadowIntensity );
	}
	#endif
	#endif
#endif`,shadowmap_pars_vertex:`#if NUM_SPOT_LIGHT_COORDS > 0
	uniform mat4 spotLightMatrix[ NUM_SPOT_LIGHT_COORDS ];
	varying vec4 vSpotLightCoord[ NUM_SPOT_LIGHT_COORDS ];
#endif
#ifdef USE_SHADOWMAP
	#if NUM_SUN_LIGHT_SHADOWS > 0
		varying vec4 vSunShadowWorldPosition;
		varying vec3 vSunShadowWorldNormal;
	#endif
	#if NUM_DIR_LIGHT_SHADOWS > 0
		uniform mat4 directionalShadowMatrix[ NUM_DIR_LIGHT_SHADOWS ];
		varying vec4 vDirectionalShadowCoord[ NUM_DIR_LIGHT_SHADOWS ];
		struct DirectionalLightShadow {
			float shadowIntensity;
			float shadowBias;
			float shadowNormalBias;
			float shadowRadius;
			vec2 shadowMapSize;
		};
		uniform DirectionalLightShadow directionalLightShadows[ NUM_DIR_LIGHT_SHADOWS ];
	#endif
	#if NUM_SPOT_LIGHT_SHADOWS > 0
		struct SpotLightShadow {
			float shadowIntensity;
			float shadowBias;
			float shadowNormalBias;
			float shadowRadius;
			vec2 shadowMapSize;
		};
		uniform SpotLightShadow spotLightShadows[ NUM_SPOT_LIGHT_SHADOWS ];
	#endif
	#if NUM_POINT_LIGHT_SHADOWS > 0
		uniform mat4 pointShadowMatrix[ NUM_POINT_LIGHT_SHADOWS ];
		varying vec4 vPointShadowCoord[ NUM_POINT_LIGHT_SHADOWS ];
		struct PointLightShadow {
			float shadowIntensity;
			float shadowBias;
			float shadowNormalBias;
			float shadowRadius;
			vec2 shadowMapSize;
			float shadowCameraNear;
			float shadowCameraFar;
		};
		uniform PointLightShadow pointLightShadows[ NUM_POINT_LIGHT_SHADOWS ];
	#endif
#endif`,shadowmap_vertex:`#if ( defined( USE_SHADOWMAP ) && ( NUM_DIR_LIGHT_SHADOWS > 0 || NUM_SUN_LIGHT_SHADOWS > 0 || NUM_POINT_LIGHT_SHADOWS > 0 ) ) || ( NUM_SPOT_LIGHT_COORDS > 0 )
	#ifdef HAS_NORMAL
		vec3 shadowWorldNormal = transformNormalByInverseViewMatrix( transformedNormal, viewMatrix );
	#else
		vec3 shadowWorldNormal = vec3( 0.0 );
	#endif
	vec4 shadowWorldPosition;
#endif
#if defined( USE_SHADOWMAP )
	#if NUM_SUN_LIGHT_SHADOWS > 0
		vSunShadowWorldPosition = vec4( worldPosition.xyz, - mvPosition.z );
		vSunShadowWorldNormal = shadowWorldNormal;
	#endif
	#if NUM_DIR_LIGHT_SHADOWS > 0
		#pragma unroll_loop_start
		for ( int i = 0; i < NUM_DIR_LIGHT_SHADOWS; i ++ ) {
			shadowWorldPosition = worldPosition + vec4( shadowWorldNormal * directionalLightShadows[ i ].shadowNormalBias, 0 );
			vDirectionalShadowCoord[ i ] = directionalShadowMatrix[ i ] * shadowWorldPosition;
		}
		#pragma unroll_loop_end
	#endif
	#if NUM_POINT_LIGHT_SHADOWS > 0
		#pragma unroll_loop_start
		for ( int i = 0; i < NUM_POINT_LIGHT_SHADOWS; i ++ ) {
			shadowWorldPosition = worldPosition + vec4( shadowWorldNormal * pointLightShadows[ i ].shadowNormalBias, 0 );
			vPointShadowCoord[ i ] = pointShadowMatrix[ i ] * shadowWorldPosition;
		}
		#pragma unroll_loop_end
	#endif
#endif
#if NUM_SPOT_LIGHT_COORDS > 0
	#pragma unroll_loop_start
	for ( int i = 0; i < NUM_SPOT_LIGHT_COORDS; i ++ ) {
		shadowWorldPosition = worldPosition;
		#if ( defined( USE_SHADOWMAP ) && UNROLLED_LOOP_INDEX < NUM_SPOT_LIGHT_SHADOWS )
			shadowWorldPosition.xyz += shadowWorldNormal * spotLightShadows[ i ].shadowNormalBias;
		#endif
		vSpotLightCoord[ i ] = spotLightMatrix[ i ] * shadowWorldPosition;
	}
	#pragma unroll_loop_end
#endif`,shadowmask_pars_fragment:`float getShadowMask() {
	float shadow = 1.0;
	#ifdef USE_SHADOWMAP
	#if NUM_SUN_LIGHT_SHADOWS > 0
	SunLightShadow sunLight;
	#pragma unroll_loop_start
	for ( int i = 0; i < NUM_SUN_LIGHT_SHADOWS; i ++ ) {
		sunLight = sunLightShadows[ i ];
		shadow *= receiveShadow ? getSunShadow( sunShadowMap[ i ], sunLight, UNROLLED_LOOP_INDEX ) : 1.0;
	}
	#pragma unroll_loop_end
	#endif
	#if NUM_DIR_LIGHT_SHADOWS > 0
	DirectionalLightShadow directionalLight;
	#pragma unroll_loop_start
	for ( int i = 0; i < NUM_DIR_LIGHT_SHADOWS; i ++ ) {
		directionalLight = directionalLightShadows[ i ];
		shadow *= receiveShadow ? getShadow( directionalShadowMap[ i ], directionalLight.shadowMapSize, directionalLight.shadowIntensity, directionalLight.shadowBias, directionalLight.shadowRadius, vDirectionalShadowCoord[ i ] ) : 1.0;
	}
	#pragma unroll_loop_end
	#endif
	#if NUM_SPOT_LIGHT_SHADOWS > 0
	SpotLightShadow spotLight;
	#pragma unroll_loop_start
	for ( int i = 0; i < NUM_SPOT_LIGHT_SHADOWS; i ++ ) {
		spotLight = spotLightShadows[ i ];
		shadow *= receiveShadow ? getShadow( spotShadowMap[ i ], spotLight.shadowMapSize, spotLight.shadowIntensity, spotLight.shadowBias, spotLight.shadowRadius, vSpotLightCoord[ i ] ) : 1.0;
	}
	#pragma unroll_loop_end
	#endif
	#if NUM_POINT_LIGHT_SHADOWS > 0 && ( defined( SHADOWMAP_TYPE_PCF ) || defined( SHADOWMAP_TYPE_BASIC ) )
	PointLightShadow pointLight;
	#pragma unroll_loop_start
	for ( int i = 0; i < NUM_POINT_LIGHT_SHADOWS; i ++ ) {
		pointLight = pointLightShadows[ i ];
		shadow *= receiveShadow ? getPointShadow( pointShadowMap[ i ], pointLight.shadowMapSize, pointLight.shadowIntensity, pointLight.shadowBias, pointLight.shadowRadius, vPointShadowCoord[ i ], pointLight.shadowCameraNear, pointLight.shadowCameraFar ) : 1.0;
	}
	#pragma unroll_loop_end
	#endif
	#endif
	return shadow;
}`,skinbase_vertex:`#ifdef USE_SKINNING
	mat4 boneMatX = getBoneMatrix( skinIndex.x );
	mat4 boneMatY = getBoneMatrix( skinIndex.y );
	mat4 boneMatZ = getBoneMatrix( skinIndex.z );
	mat4 boneMatW = getBoneMatrix( skinIndex.w );
#endif`,skinning_pars_vertex:`#ifdef USE_SKINNING
	uniform mat4 bindMatrix;
	uniform mat4 bindMatrixInverse;
	uniform highp sampler2D boneTexture;
	mat4 getBoneMatrix( const in float i ) {
		int size = textureSize( boneTexture, 0 ).x;
		int j = int( i ) * 4;
		int x = j % size;
		int y = j / size;
		vec4 v1 = texelFetch( boneTexture, ivec2( x, y ), 0 );
		vec4 v2 = texelFetch( boneTexture, ivec2( x + 1, y ), 0 );
		vec4 v3 = texelFetch( boneTexture, ivec2( x + 2, y ), 0 );
		vec4 v4 = texelFetch( boneTexture, ivec2( x + 3, y ), 0 );
		return mat4( v1, v2, v3, v4 );
	}
#endif`,skinning_vertex:`#ifdef USE_SKINNING
	vec4 skinVertex = bindMatrix * vec4( transformed, 1.0 );
	vec4 skinned = vec4( 0.0 );
	skinned += boneMatX * skinVertex * skinWeight.x;
	skinned += boneMatY * skinVertex * skinWeight.y;
	skinned += boneMatZ * skinVertex * skinWeight.z;
	skinned += boneMatW * skinVertex * skinWeight.w;
	transformed = ( bindMatrixInverse * skinned ).xyz;
#endif`,skinnormal_vertex:`#ifdef USE_SKINNING
	mat4 skinMatrix = mat4( 0.0 );
	skinMatrix += skinWeight.x * boneMatX;
	skinMatrix += skinWeight.y * boneMatY;
	skinMatrix += skinWeight.z * boneMatZ;
	skinMatrix += skinWeight.w * boneMatW;
	skinMatrix = bindMatrixInverse * skinMatrix * bindMatrix;
	objectNormal = vec4( skinMatrix * vec4( objectNormal, 0.0 ) ).xyz;
	#ifdef USE_TANGENT
		objectTangent = vec4( skinMatrix * vec4( objectTangent, 0.0 ) ).xyz;
	#endif
#endif`,specularmap_fragment:`float specularStrength;
#ifdef USE_SPECULARMAP
	vec4 texelSpecular = texture2D( specularMap, vSpecularMapUv );
	specularStrength = texelSpecular.r;
#else
	specularStrength = 1.0;
#endif`,specularmap_pars_fragment:`#ifdef USE_SPECULARMAP
	uniform sampler2D specularMap;
#endif`,tonemapping_fragment:`#if defined( TONE_MAPPING )
	gl_FragColor.rgb = toneMapping( gl_FragColor.rgb );
#endif`,tonemapping_pars_fragment:`#ifndef saturate
#define saturate( a ) clamp( a, 0.0, 1.0 )
#endif
uniform float toneMappingExposure;
vec3 LinearToneMapping( vec3 color ) {
	return saturate( toneMappingExposure * color );
}
vec3 ReinhardToneMapping( vec3 color ) {
	color *= toneMappingExposure;
	return saturate( color / ( vec3( 1.0 ) + color ) );
}
vec3 CineonToneMapping( vec3 color ) {
	color *= toneMappingExposure;
	color = max( vec3( 0.0 ), color - 0.004 );
	return pow( ( color * ( 6.2 * color + 0.5 ) ) / ( color * ( 6.2 * color + 1.7 ) + 0.06 ), vec3( 2.2 ) );
}
vec3 RRTAndODTFit( vec3 v ) {
	vec3 a = v * ( v + 0.0245786 ) - 0.000090537;
	vec3 b = v * ( 0.983729 * v + 0.4329510 ) + 0.238081;
	return a / b;
}
vec3 ACESFilmicToneMapping( vec3 color ) {
	const mat3 ACESInputMat = mat3(
		vec3( 0.59719, 0.07600, 0.02840 ),		vec3( 0.35458, 0.90834, 0.13383 ),
		vec3( 0.04823, 0.01566, 0.83777 )
	);
	const mat3 ACESOutputMat = mat3(
		vec3(  1.60475, -0.10208, -0.00327 ),		vec3( -0.53108,  1.10813, -0.07276 ),
		vec3( -0.07367, -0.00605,  1.07602 )
	);
	color *= toneMappingExposure / 0.6;
	color = ACESInputMat * color;
	color = RRTAndODTFit( color );
	color = ACESOutputMat * color;
	return saturate( color );
}
const mat3 LINEAR_REC2020_TO_LINEAR_SRGB = mat3(
	vec3( 1.6605, - 0.1246, - 0.0182 ),
	vec3( - 0.5876, 1.1329, - 0.1006 ),
	vec3( - 0.0728, - 0.0083, 1.1187 )
);
const mat3 LINEAR_SRGB_TO_LINEAR_REC2020 = mat3(
	vec3( 0.6274, 0.0691, 0.0164 ),
	vec3( 0.3293, 0.9195, 0.0880 ),
	vec3( 0.0433, 0.0113, 0.8956 )
);
vec3 agxDefaultContrastApprox( vec3 x ) {
	vec3 x2 = x * x;
	vec3 x4 = x2 * x2;
	return + 15.5 * x4 * x2
		- 40.14 * x4 * x
		+ 31.96 * x4
		- 6.868 * x2 * x
		+ 0.4298 * x2
		+ 0.1191 * x
		- 0.00232;
}
vec3 AgXToneMapping( vec3 color ) {
	const mat3 AgXInsetMatrix = mat3(
		vec3( 0.856627153315983, 0.137318972929847, 0.11189821299995 ),
		vec3( 0.0951212405381588, 0.761241990602591, 0.0767994186031903 ),
		vec3( 0.0482516061458583, 0.101439036467562, 0.811302368396859 )
	);
	const mat3 AgXOutsetMatrix = mat3(
		vec3( 1.1271005818144368, - 0.1413297634984383, - 0.14132976349843826 ),
		vec3( - 0.11060664309660323, 1.157823702216272, - 0.11060664309660294 ),
		vec3( - 0.016493938717834573, - 0.016493938717834257, 1.2519364065950405 )
	);
	const float AgxMinEv = - 12.47393;	const float AgxMaxEv = 4.026069;
	color *= toneMappingExposure;
	color = LINEAR_SRGB_TO_LINEAR_REC2020 * color;
	color = AgXInsetMatrix * color;
	color = max( color, 1e-10 );	color = log2( color );
	color = ( color - AgxMinEv ) / ( AgxMaxEv - AgxMinEv );
	color = clamp( color, 0.0, 1.0 );
	color = agxDefaultContrastApprox( color );
	color = AgXOutsetMatrix * color;
	color = pow( max( vec3( 0.0 ), color ), vec3( 2.2 ) );
	color = LINEAR_REC2020_TO_LINEAR_SRGB * color;
	color = clamp( color, 0.0, 1.0 );
	return color;
}
vec3 NeutralToneMapping( vec3 color ) {
	const float StartCompression = 0.8 - 0.04;
	const float Desaturation = 0.15;
	color *= toneMappingExposure;
	float x = min( color.r, min( color.g, color.b ) );
	float offset = x < 0.08 ? x - 6.25 * x * x : 0.04;
	color -= offset;
	float peak = max( color.r, max( color.g, color.b ) );
	if ( peak < StartCompression ) return color;
	float d = 1. - StartCompression;
	float newPeak = 1. - d * d / ( peak + d - StartCompression );
	color *= newPeak / peak;
	float g = 1. - 1. / ( Desaturation * ( peak - newPeak ) + 1. );
	return mix( color, vec3( newPeak ), g );
}
vec3 CustomToneMapping( vec3 color ) { return color; }`,transmission_fragment:`#ifdef USE_TRANSMISSION
	material.transmission = transmission;
	material.transmissionAlpha = 1.0;
	material.thickness = thickness;
	material.attenuationDistance = attenuationDistance;
	material.attenuationColor = attenuationColor;
	#ifdef USE_TRANSMISSIONMAP
		material.transmission *= texture2D( transmissionMap, vTransmissionMapUv ).r;
	#endif
	#ifdef USE_THICKNESSMAP
		material.thickness *= texture2D( thicknessMap, vThicknessMapUv ).g;
	#endif
	vec3 pos = vWorldPosition;
	vec3 v = normalize( cameraPosition - pos );
	vec3 n = transformNormalByInverseViewMatrix( normal, viewMatrix );
	vec4 transmitted = getIBLVolumeRefraction(
		n, v, material.roughness, material.diffuseContribution, material.specularColorBlended, material.specularF90,
		pos, modelMatrix, viewMatrix, projectionMatrix, material.dispersion, material.ior, material.thickness,
		material.attenuationColor, material.attenuationDistance );
	material.transmissionAlpha = mix( material.transmissionAlpha, transmitted.a, material.transmission );
	totalDiffuse = mix( totalDiffuse, transmitted.rgb, material.transmission );
#endif`,transmission_pars_fragment:`#ifdef USE_TRANSMISSION
	uniform float transmission;
	uniform float thickness;
	uniform float attenuationDistance;
	uniform vec3 attenuationColor;
	#ifdef USE_TRANSMISSIONMAP
		uniform sampler2D transmissionMap;
	#endif
	#ifdef USE_THICKNESSMAP
		uniform sampler2D thicknessMap;
	#endif
	uniform vec2 transmissionSamplerSize;
	uniform sampler2D transmissionSamplerMap;
	uniform mat4 modelMatrix;
	uniform mat4 projectionMatrix;
	varying vec3 vWorldPosition;
	float w0( float a ) {
		return ( 1.0 / 6.0 ) * ( a * ( a * ( - a + 3.0 ) - 3.0 ) + 1.0 );
	}
	float w1( float a ) {
		return ( 1.0 / 6.0 ) * ( a *  a * ( 3.0 * a - 6.0 ) + 4.0 );
	}
	float w2( float a ){
		return ( 1.0 / 6.0 ) * ( a * ( a * ( - 3.0 * a + 3.0 ) + 3.0 ) + 1.0 );
	}
	float w3( float a ) {
		return ( 1.0 / 6.0 ) * ( a * a * a );
	}
	float g0( float a ) {
		return w0( a ) + w1( a );
	}
	float g1( float a ) {
		return w2( a ) + w3( a );
	}
	float h0( float a ) {
		return - 1.0 + w1( a ) / ( w0( a ) + w1( a ) );
	}
	float h1( float a ) {
		return 1.0 + w3( a ) / ( w2( a ) + w3( a ) );
	}
	vec4 bicubic( sampler2D tex, vec2 uv, vec4 texelSize, float lod ) {
		uv = uv * texelSize.zw + 0.5;
		vec2 iuv = floor( uv );
		vec2 fuv = fract( uv );
		float g0x = g0( fuv.x );
		float g1x = g1( fuv.x );
		float h0x = h0( fuv.x );
		float h1x = h1( fuv.x );
		float h0y = h0( fuv.y );
		float h1y = h1( fuv.y );
		vec2 p0 = ( vec2( iuv.x + h0x, iuv.y + h0y ) - 0.5 ) * texelSize.xy;
		vec2 p1 = ( vec2( iuv.x + h1x, iuv.y + h0y ) - 0.5 ) * texelSize.xy;
		vec2 p2 = ( vec2( iuv.x + h0x, iuv.y + h1y ) - 0.5 ) * texelSize.xy;
		vec2 p3 = ( vec2( iuv.x + h1x, iuv.y + h1y ) - 0.5 ) * texelSize.xy;
		return g0( fuv.y ) * ( g0x * textureLod( tex, p0, lod ) + g1x * textureLod( tex, p1, lod ) ) +
			g1( fuv.y ) * ( g0x * textureLod( tex, p2, lod ) + g1x * textureLod( tex, p3, lod ) );
	}
	vec4 textureBicubic( sampler2D sampler, vec2 uv, float lod ) {
		vec2 fLodSize = vec2( textureSize( sampler, int( lod ) ) );
		vec2 cLodSize = vec2( textureSize( sampler, int( lod + 1.0 ) ) );
		vec2 fLodSizeInv = 1.0 / fLodSize;
		vec2 cLodSizeInv = 1.0 / cLodSize;
		vec4 fSample = bicubic( sampler, uv, vec4( fLodSizeInv, fLodSize ), floor( lod ) );
		vec4 cSample = bicubic( sampler, uv, vec4( cLodSizeInv, cLodSize ), ceil( lod ) );
		return mix( fSample, cSample, fract( lod ) );
	}
	vec3 getVolumeTransmissionRay( const in vec3 n, const in vec3 v, const in float thickness, const in float ior, const in mat4 modelMatrix ) {
		vec3 refractionVector = refract( - v, normalize( n ), 1.0 / ior );
		vec3 modelScale;
		modelScale.x = length( vec3( modelMatrix[ 0 ].xyz ) );
		modelScale.y = length( vec3( modelMatrix[ 1 ].xyz ) );
		modelScale.z = length( vec3( modelMatrix[ 2 ].xyz ) );
		return normalize( refractionVector ) * thickness * modelScale;
	}
	float applyIorToRoughness( const in float roughness, const in float ior ) {
		return roughness * clamp( ior * 2.0 - 2.0, 0.0, 1.0 );
	}
	vec4 getTransmissionSample( const in vec2 fragCoord, const in float roughness, const in float ior ) {
		float lod = log2( transmissionSamplerSize.x ) * applyIorToRoughness( roughness, ior );
		return textureBicubic( transmissionSamplerMap, fragCoord.xy, lod );
	}
	vec3 volumeAttenuation( const in float transmissionDistance, const in vec3 attenuationColor, const in float attenuationDistance ) {
		if ( isinf( attenuationDistance ) ) {
			return vec3( 1.0 );
		} else {
			vec3 attenuationCoefficient = -log( attenuationColor ) / attenuationDistance;
			vec3 transmittance = exp( - attenuationCoefficient * transmissionDistance );			return transmittance;
		}
	}
	vec4 getIBLVolumeRefraction( const in vec3 n, const in vec3 v, const in float roughness, const in vec3 diffuseColor,
		const in vec3 specularColor, const in float specularF90, const in vec3 position, const in mat4 modelMatrix,
		const in mat4 viewMatrix, const in mat4 projMatrix, const in float dispersion, const in float ior, const in float thickness,
		const in vec3 attenuationColor, const in float attenuationDistance ) {
		vec4 transmittedLight;
		vec3 transmittance;
		#ifdef USE_DISPERSION
			float halfSpread = ( ior - 1.0 ) * 0.025 * dispersion;
			vec3 iors = vec3( ior - halfSpread, ior, ior + halfSpread );
			for ( int i = 0; i < 3; i ++ ) {
				vec3 transmissionRay = getVolumeTransmissionRay( n, v, thickness, iors[ i ], modelMatrix );
				vec3 refractedRayExit = position + transmissionRay;
				vec4 ndcPos = projMatrix * viewMatrix * vec4( refractedRayExit, 1.0 );
				vec2 refractionCoords = ndcPos.xy / ndcPos.w;
				refractionCoords += 1.0;
				refractionCoords /= 2.0;
				vec4 transmissionSample = getTransmissionSample( refractionCoords, roughness, iors[ i ] );
				transmittedLight[ i ] = transmissionSample[ i ];
				transmittedLight.a += transmissionSample.a;
				transmittance[ i ] = diffuseColor[ i ] * volumeAttenuation( length( transmissionRay ), attenuationColor, attenuationDistance )[ i ];
			}
			transmittedLight.a /= 3.0;
		#else
			vec3 transmissionRay = getVolumeTransmissionRay( n, v, thickness, ior, modelMatrix );
			vec3 refractedRayExit = position + transmissionRay;
			vec4 ndcPos = projMatrix * viewMatrix * vec4( refractedRayExit, 1.0 );
			vec2 refractionCoords = ndcPos.xy / ndcPos.w;
			refractionCoords += 1.0;
			refractionCoords /= 2.0;
			transmittedLight = getTransmissionSample( refractionCoords, roughness, ior );
			transmittance = diffuseColor * volumeAttenuation( length( transmissionRay ), attenuationColor, attenuationDistance );
		#endif
		vec3 attenuatedColor = transmittance * transmittedLight.rgb;
		vec3 F = EnvironmentBRDF( n, v, specularColor, specularF90, roughness );
		float transmittanceFactor = ( transmittance.r + transmittance.g + transmittance.b ) / 3.0;
		return vec4( ( 1.0 - F ) * attenuatedColor, 1.0 - ( 1.0 - transmittedLight.a ) * transmittanceFactor );
	}
#endif`,uv_pars_fragment:`#if defined( USE_UV ) || defined( USE_ANISOTROPY )
	varying vec2 vUv;
#endif
#ifdef USE_MAP
	varying vec2 vMapUv;
#endif
#ifdef USE_ALPHAMAP
	varying vec2 vAlphaMapUv;
#endif
#ifdef USE_LIGHTMAP
	varying vec2 vLightMapUv;
#endif
#ifdef USE_AOMAP
	varying vec2 vAoMapUv;
#endif
#ifdef USE_BUMPMAP
	varying vec2 vBumpMapUv;
#endif
#ifdef USE_NORMALMAP
	varying vec2 vNormalMapUv;
#endif
#ifdef USE_EMISSIVEMAP
	varying vec2 vEmissiveMapUv;
#endif
#ifdef USE_METALNESSMAP
	varying vec2 vMetalnessMapUv;
#endif
#ifdef USE_ROUGHNESSMAP
	varying vec2 vRoughnessMapUv;
#endif
#ifdef USE_DIFFUSE_ROUGHNESSMAP
	varying vec2 vDiffuseRoughnessMapUv;
#endif
#ifdef USE_ANISOTROPYMAP
	varying vec2 vAnisotropyMapUv;
#endif
#ifdef USE_CLEARCOATMAP
	varying vec2 vClearcoatMapUv;
#endif
#ifdef USE_CLEARCOAT_NORMALMAP
	varying vec2 vClearcoatNormalMapUv;
#endif
#ifdef USE_CLEARCOAT_ROUGHNESSMAP
	varying vec2 vClearcoatRoughnessMapUv;
#endif
#ifdef USE_IRIDESCENCEMAP
	varying vec2 vIridescenceMapUv;
#endif
#ifdef USE_IRIDESCENCE_THICKNESSMAP
	varying vec2 vIridescenceThicknessMapUv;
#endif
#ifdef USE_SHEEN_COLORMAP
	varying vec2 vSheenColorMapUv;
#endif
#ifdef USE_SHEEN_ROUGHNESSMAP
	varying vec2 vSheenRoughnessMapUv;
#endif
#ifdef USE_SPECULARMAP
	varying vec2 vSpecularMapUv;
#endif
#ifdef USE_SPECULAR_COLORMAP
	varying vec2 vSpecularColorMapUv;
#endif
#ifdef USE_SPECULAR_INTENSITYMAP
	varying vec2 vSpecularIntensityMapUv;
#endif
#ifdef USE_TRANSMISSIONMAP
	uniform mat3 transmissionMapTransform;
	varying vec2 vTransmissionMapUv;
#endif
#ifdef USE_THICKNESSMAP
	uniform mat3 thicknessMapTransform;
	varying vec2 vThicknessMapUv;
#endif`,uv_pars_vertex:`#if defined( USE_UV ) || defined( USE_ANISOTROPY )
	varying vec2 vUv;
#endif
#ifdef USE_MAP
	uniform mat3 mapTransform;
	varying vec2 vMapUv;
#endif
#ifdef USE_ALPHAMAP
	uniform mat3 alphaMapTransform;
	varying vec2 vAlphaMapUv;
#endif
#ifdef USE_LIGHTMAP
	uniform mat3 lightMapTransform;
	varying vec2 vLightMapUv;
#endif
#ifdef USE_AOMAP
	uniform mat3 aoMapTransform;
	varying vec2 vAoMapUv;
#endif
#ifdef USE_BUMPMAP
	uniform mat3 bumpMapTransform;
	varying vec2 vBumpMapUv;
#endif
#ifdef USE_NORMALMAP
	uniform mat3 normalMapTransform;
	varying vec2 vNormalMapUv;
#endif
#ifdef USE_DISPLACEMENTMAP
	uniform mat3 displacementMapTransform;
	varying vec2 vDisplacementMapUv;
#endif
#ifdef USE_EMISSIVEMAP
	uniform mat3 emissiveMapTransform;
	varying vec2 vEmissiveMapUv;
#endif
#ifdef USE_METALNESSMAP
	uniform mat3 metalnessMapTransform;
	varying vec2 vMetalnessMapUv;
#endif
#ifdef USE_ROUGHNESSMAP
	uniform mat3 roughnessMapTransform;
	varying vec2 vRoughnessMapUv;
#endif
#ifdef USE_DIFFUSE_ROUGHNESSMAP
	uniform mat3 diffuseRoughnessMapTransform;
	varying vec2 vDiffuseRoughnessMapUv;
#endif
#ifdef USE_ANISOTROPYMAP
	uniform mat3 anisotropyMapTransform;
	varying vec2 vAnisotropyMapUv;
#endif
#ifdef USE_CLEARCOATMAP
	uniform mat3 clearcoatMapTransform;
	varying vec2 vClearcoatMapUv;
#endif
#ifdef USE_CLEARCOAT_NORMALMAP
	uniform mat3 clearcoatNormalMapTransform;
	varying vec2 vClearcoatNormalMapUv;
#endif
#ifdef USE_CLEARCOAT_ROUGHNESSMAP
	uniform mat3 clearcoatRoughnessMapTransform;
	varying vec2 vClearcoatRoughnessMapUv;
#endif
#ifdef USE_SHEEN_COLORMAP
	uniform mat3 sheenColorMapTransform;
	varying vec2 vSheenColorMapUv;
#endif
#ifdef USE_SHEEN_ROUGHNESSMAP
	uniform mat3 sheenRoughnessMapTransform;
	varying vec2 vSheenRoughnessMapUv;
#endif
#ifdef USE_IRIDESCENCEMAP
	uniform mat3 iridescenceMapTransform;
	varying vec2 vIridescenceMapUv;
#endif
#ifdef USE_IRIDESCENCE_THICKNESSMAP
	uniform mat3 iridescenceThicknessMapTransform;
	varying vec2 vIridescenceThicknessMapUv;
#endif
#ifdef USE_SPECULARMAP
	uniform mat3 specularMapTransform;
	varying vec2 vSpecularMapUv;
#endif
#ifdef USE_SPECULAR_COLORMAP
	uniform mat3 specularColorMapTransform;
	varying vec2 vSpecularColorMapUv;
#endif
#ifdef USE_SPECULAR_INTENSITYMAP
	uniform mat3 specularIntensityMapTransform;
	varying vec2 vSpecularIntensityMapUv;
#endif
#ifdef USE_TRANSMISSIONMAP
	uniform mat3 transmissionMapTransform;
	varying vec2 vTransmissionMapUv;
#endif
#ifdef USE_THICKNESSMAP
	uniform mat3 thicknessMapTransform;
	varying vec2 vThicknessMapUv;
#endif`,uv_vertex:`#if defined( USE_UV ) || defined( USE_ANISOTROPY )
	vUv = vec3( uv, 1 ).xy;
#endif
#ifdef USE_MAP
	vMapUv = ( mapTransform * vec3( MAP_UV, 1 ) ).xy;
#endif
#ifdef USE_ALPHAMAP
	vAlphaMapUv = ( alphaMapTransform * vec3( ALPHAMAP_UV, 1 ) ).xy;
#endif
#ifdef USE_LIGHTMAP
	vLightMapUv = ( lightMapTransform * vec3( LIGHTMAP_UV, 1 ) ).xy;
#endif
#ifdef USE_AOMAP
	vAoMapUv = ( aoMapTransform * vec3( AOMAP_UV, 1 ) ).xy;
#endif
#ifdef USE_BUMPMAP
	vBumpMapUv = ( bumpMapTransform * vec3( BUMPMAP_UV, 1 ) ).xy;
#endif
#ifdef USE_NORMALMAP
	vNormalMapUv = ( normalMapTransform * vec3( NORMALMAP_UV, 1 ) ).xy;
#endif
#ifdef USE_DISPLACEMENTMAP
	vDisplacementMapUv = ( displacementMapTransform * vec3( DISPLACEMENTMAP_UV, 1 ) ).xy;
#endif
#ifdef USE_EMISSIVEMAP
	vEmissiveMapUv = ( emissiveMapTransform * vec3( EMISSIVEMAP_UV, 1 ) ).xy;
#endif
#ifdef USE_METALNESSMAP
	vMetalnessMapUv = ( metalnessMapTransform * vec3( METALNESSMAP_UV, 1 ) ).xy;
#endif
#ifdef USE_ROUGHNESSMAP
	vRoughnessMapUv = ( roughnessMapTransform * vec3( ROUGHNESSMAP_UV, 1 ) ).xy;
#endif
#ifdef USE_DIFFUSE_ROUGHNESSMAP
	vDiffuseRoughnessMapUv = ( diffuseRoughnessMapTransform * vec3( DIFFUSE_ROUGHNESSMAP_UV, 1 ) ).xy;
#endif
#ifdef USE_ANISOTROPYMAP
	vAnisotropyMapUv = ( anisotropyMapTransform * vec3( ANISOTROPYMAP_UV, 1 ) ).xy;
#endif
#ifdef USE_CLEARCOATMAP
	vClearcoatMapUv = ( clearcoatMapTransform * vec3( CLEARCOATMAP_UV, 1 ) ).xy;
#endif
#ifdef USE_CLEARCOAT_NORMALMAP
	vClearcoatNormalMapUv = ( clearcoatNormalMapTransform * vec3( CLEARCOAT_NORMALMAP_UV, 1 ) ).xy;
#endif
#ifdef USE_CLEARCOAT_ROUGHNESSMAP
	vClearcoatRoughnessMapUv = ( clearcoatRoughnessMapTransform * vec3( CLEARCOAT_ROUGHNESSMAP_UV, 1 ) ).xy;
#endif
#ifdef USE_IRIDESCENCEMAP
	vIridescenceMapUv = ( iridescenceMapTransform * vec3( IRIDESCENCEMAP_UV, 1 ) ).xy;
#endif
#ifdef USE_IRIDESCENCE_THICKNESSMAP
	vIridescenceThicknessMapUv = ( iridescenceThicknessMapTransform * vec3( IRIDESCENCE_THICKNESSMAP_UV, 1 ) ).xy;
#endif
#ifdef USE_SHEEN_COLORMAP
	vSheenColorMapUv = ( sheenColorMapTransform * vec3( SHEEN_COLORMAP_UV, 1 ) ).xy;
#endif
#ifdef USE_SHEEN_ROUGHNESSMAP
	vSheenRoughnessMapUv = ( sheenRoughnessMapTransform * vec3( SHEEN_ROUGHNESSMAP_UV, 1 ) ).xy;
#endif
#ifdef USE_SPECULARMAP
	vSpecularMapUv = ( specularMapTransform * vec3( SPECULARMAP_UV, 1 ) ).xy;
#endif
#ifdef USE_SPECULAR_COLORMAP
	vSpecularColorMapUv = ( specularColorMapTransform * vec3( SPECULAR_COLORMAP_UV, 1 ) ).xy;
#endif
#ifdef USE_SPECULAR_INTENSITYMAP
	vSpecularIntensityMapUv = ( specularIntensityMapTransform * vec3( SPECULAR_INTENSITYMAP_UV, 1 ) ).xy;
#endif
#ifdef USE_TRANSMISSIONMAP
	vTransmissionMapUv = ( transmissionMapTransform * vec3( TRANSMISSIONMAP_UV, 1 ) ).xy;
#endif
#ifdef USE_THICKNESSMAP
	vThicknessMapUv = ( thicknessMapTransform * vec3( THICKNESSMAP_UV, 1 ) ).xy;
#endif`,worldpos_vertex:`#if defined( USE_ENVMAP ) || defined( DISTANCE ) || defined ( USE_SHADOWMAP ) || defined ( USE_TRANSMISSION ) || NUM_SPOT_LIGHT_COORDS > 0
	vec4 worldPosition = vec4( transformed, 1.0 );
	#ifdef USE_BATCHING
		worldPosition = batchingMatrix * worldPosition;
	#endif
	#ifdef USE_INSTANCING
		worldPosition = instanceMatrix * worldPosition;
	#endif
	worldPosition = modelMatrix * worldPosition;
#endif`,background_vert:`varying vec2 vUv;
uniform mat3 uvTransform;
void main() {
	vUv = ( uvTransform * vec3( uv, 1 ) ).xy;
	gl_Position = vec4( position.xy, 1.0, 1.0 );
}`,background_frag:`uniform sampler2D t2D;
uniform float backgroundIntensity;
varying vec2 vUv;
void main() {
	vec4 texColor = texture2D( t2D, vUv );
	#ifdef DECODE_VIDEO_TEXTURE
		texColor = vec4( mix( pow( texColor.rgb * 0.9478672986 + vec3( 0.0521327014 ), vec3( 2.4 ) ), texColor.rgb * 0.0773993808, vec3( lessThanEqual( texColor.rgb, vec3( 0.04045 ) ) ) ), texColor.w );
	#endif
	texColor.rgb *= backgroundIntensity;
	gl_FragColor = texColor;
	#include <tonemapping_fragment>
	#include <colorspace_fragment>
}`,backgroundCube_vert:`varying vec3 vWorldDirection;
#include <common>
void main() {
	vWorldDirection = transformDirection( position, modelMatrix );
	#include <begin_vertex>
	#include <project_vertex>
	gl_Position.z = gl_Position.w;
}`,backgroundCube_frag:`uniform float backgroundBlurriness;
uniform float backgroundIntensity;
uniform mat3 backgroundRotation;
varying vec3 vWorldDirection;
#include <envmap_common_pars_fragment>
void main() {
	#ifdef ENVMAP_TYPE_PMREM
		vec4 texColor = textureLod( envMap, backgroundRotation * vWorldDirection, roughnessToMip( backgroundBlurriness ) );
	#else
		vec4 texColor = textureCube( envMap, backgroundRotation * vWorldDirection );
	#endif
	texColor.rgb *= backgroundIntensity;
	gl_FragColor = texColor;
	#include <tonemapping_fragment>
	#include <colorspace_fragment>
}`,cube_vert:`varying vec3 vWorldDirection;
#include <common>
void main() {
	vWorldDirection = transformDirection( position, modelMatrix );
	#include <begin_vertex>
	#include <project_vertex>
	gl_Position.z = gl_Position.w;
}`,cube_frag:`uniform samplerCube tCube;
uniform float tFlip;
uniform float opacity;
varying vec3 vWorldDirection;
void main() {
	vec4 texColor = textureCube( tCube, vec3( tFlip * vWorldDirection.x, vWorldDirection.yz ) );
	gl_FragColor = texColor;
	gl_FragColor.a *= opacity;
	#include <tonemapping_fragment>
	#include <colorspace_fragment>
}`,depth_vert:`#include <common>
#include <batching_pars_vertex>
#include <uv_pars_vertex>
#include <displacementmap_pars_vertex>
#include <morphtarget_pars_vertex>
#include <skinning_pars_vertex>
#include <logdepthbuf_pars_vertex>
#include <clipping_planes_pars_vertex>
varying vec2 vHighPrecisionZW;
void main() {
	#include <uv_vertex>
	#include <batching_vertex>
	#include <skinbase_vertex>
	#include <morphinstance_vertex>
	#ifdef USE_DISPLACEMENTMAP
		#include <beginnormal_vertex>
		#include <morphnormal_vertex>
		#include <skinnormal_vertex>
	#endif
	#include <begin_vertex>
	#include <morphtarget_vertex>
	#include <skinning_vertex>
	#include <displacementmap_vertex>
	#include <project_vertex>
	#include <logdepthbuf_vertex>
	#include <clipping_planes_vertex>
	vHighPrecisionZW = gl_Position.zw;
}`,depth_frag:`#if DEPTH_PACKING == 3200
	uniform float opacity;
#endif
#include <common>
#include <packing>
#include <uv_pars_fragment>
#include <map_pars_fragment>
#include <alphamap_pars_fragment>
#include <alphatest_pars_fragment>
#include <alphahash_pars_fragment>
#include <logdepthbuf_pars_fragment>
#include <clipping_planes_pars_fragment>
varying vec2 vHighPrecisionZW;
void main() {
	vec4 diffuseColor = vec4( 1.0 );
	#include <clipping_planes_fragment>
	#if DEPTH_PACKING == 3200
		diffuseColor.a = opacity;
	#endif
	#include <map_fragment>
	#include <alphamap_fragment>
	#include <alphatest_fragment>
	#include <alphahash_fragment>
	#include <logdepthbuf_fragment>
	#ifdef USE_REVERSED_DEPTH_BUFFER
		float fragCoordZ = vHighPrecisionZW[ 0 ] / vHighPrecisionZW[ 1 ];
	#else
		float fragCoordZ = 0.5 * vHighPrecisionZW[ 0 ] / vHighPrecisionZW[ 1 ] + 0.5;
	#endif
	#if DEPTH_PACKING == 3200
		gl_FragColor = vec4( vec3( 1.0 - fragCoordZ ), opacity );
	#elif DEPTH_PACKING == 3201
		gl_FragColor = packDepthToRGBA( fragCoordZ );
	#elif DEPTH_PACKING == 3202
		gl_FragColor = vec4( packDepthToRGB( fragCoordZ ), 1.0 );
	#elif DEPTH_PACKING == 3203
		gl_FragColor = vec4( packDepthToRG( fragCoordZ ), 0.0, 1.0 );
	#endif
}`,distance_vert:`#define DISTANCE
varying vec3 vWorldPosition;
#include <common>
#include <batching_pars_vertex>
#include <uv_pars_vertex>
#include <displacementmap_pars_vertex>
#include <morphtarget_pars_vertex>
#include <skinning_pars_vertex>
#include <clipping_planes_pars_vertex>
void main() {
	#include <uv_vertex>
	#include <batching_vertex>
	#include <skinbase_vertex>
	#include <morphinstance_vertex>
	#ifdef USE_DISPLACEMENTMAP
		#include <beginnormal_vertex>
		#include <morphnormal_vertex>
		#include <skinnormal_vertex>
	#endif
	#include <begin_vertex>
	#include <morphtarget_vertex>
	#include <skinning_vertex>
	#include <displacementmap_vertex>
	#include <project_vertex>
	#include <worldpos_vertex>
	#include <clipping_planes_vertex>
	vWorldPosition = worldPosition.xyz;
}`,distance_frag:`#define DISTANCE
uniform vec3 referencePosition;
uniform float nearDistance;
uniform float farDistance;
varying vec3 vWorldPosition;
#include <common>
#include <uv_pars_fragment>
#include <map_pars_fragment>
#include <alphamap_pars_fragment>
#include <alphatest_pars_fragment>
#include <alphahash_pars_fragment>
#include <clipping_planes_pars_fragment>
void main() {
	vec4 diffuseColor = vec4( 1.0 );
	#include <clipping_planes_fragment>
	#include <map_fragment>
	#include <alphamap_fragment>
	#include <alphatest_fragment>
	#include <alphahash_fragment>
	float dist = length( vWorldPosition - referencePosition );
	dist = ( dist - nearDistance ) / ( farDistance - nearDistance );
	dist = saturate( dist );
	gl_FragColor = vec4( dist, 0.0, 0.0, 1.0 );
}`,equirect_vert:`varying vec3 vWorldDirection;
#include <common>
void main() {
	vWorldDirection = transformDirection( position, modelMatrix );
	#include <begin_vertex>
	#include <project_vertex>
}`,equirect_frag:`uniform sampler2D tEquirect;
varying vec3 vWorldDirection;
#include <common>
void main() {
	vec3 direction = normalize( vWorldDirection );
	vec2 sampleUV = equirectUv( direction );
	gl_FragColor = texture2D( tEquirect, sampleUV );
	#include <tonemapping_fragment>
	#include <colorspace_fragment>
}`,linedashed_vert:`uniform float scale;
attribute float lineDistance;
varying float vLineDistance;
#include <common>
#include <uv_pars_vertex>
#include <color_pars_vertex>
#include <fog_pars_vertex>
#include <morphtarget_pars_vertex>
#include <logdepthbuf_pars_vertex>
#include <clipping_planes_pars_vertex>
void main() {
	vLineDistance = scale * lineDistance;
	#include <uv_vertex>
	#include <color_vertex>
	#include <morphinstance_vertex>
	#include <morphcolor_vertex>
	#include <begin_vertex>
	#include <morphtarget_vertex>
	#include <project_vertex>
	#include <logdepthbuf_vertex>
	#include <clipping_planes_vertex>
	#include <fog_vertex>
}`,linedashed_frag:`uniform vec3 diffuse;
uniform float opacity;
uniform float dashSize;
uniform float totalSize;
varying float vLineDistance;
#include <common>
#include <color_pars_fragment>
#include <uv_pars_fragment>
#include <map_pars_fragment>
#include <fog_pars_fragment>
#include <logdepthbuf_pars_fragment>
#include <clipping_planes_pars_fragment>
void main() {
	vec4 diffuseColor = vec4( diffuse, opacity );
	#include <clipping_planes_fragment>
	if ( mod( vLineDistance, totalSize ) > dashSize ) {
		discard;
	}
	vec3 outgoingLight = vec3( 0.0 );
	#include <logdepthbuf_fragment>
	#include <map_fragment>
	#include <color_fragment>
	outgoingLight = diffuseColor.rgb;
	#include <opaque_fragment>
	#include <tonemapping_fragment>
	#include <colorspace_fragment>
	#include <fog_fragment>
	#include <premultiplied_alpha_fragment>
}`,meshbasic_vert:`#include <common>
#include <batching_pars_vertex>
#include <uv_pars_vertex>
#include <envmap_pars_vertex>
#include <color_pars_vertex>
#include <fog_pars_vertex>
#include <morphtarget_pars_vertex>
#include <skinning_pars_vertex>
#include <logdepthbuf_pars_vertex>
#include <clipping_planes_pars_vertex>
void main() {
	#include <uv_vertex>
	#include <color_vertex>
	#include <morphinstance_vertex>
	#include <morphcolor_vertex>
	#include <batching_vertex>
	#if defined ( USE_ENVMAP ) || defined ( USE_SKINNING )
		#include <beginnormal_vertex>
		#include <morphnormal_vertex>
		#include <skinbase_vertex>
		#include <skinnormal_vertex>
		#include <defaultnormal_vertex>
	#endif
	#include <begin_vertex>
	#include <morphtarget_vertex>
	#include <skinning_vertex>
	#include <project_vertex>
	#include <logdepthbuf_vertex>
	#include <clipping_planes_vertex>
	#include <worldpos_vertex>
	#include <envmap_vertex>
	#include <fog_vertex>
}`,meshbasic_frag:`uniform vec3 diffuse;
uniform float opacity;
#ifndef FLAT_SHADED
	varying vec3 vNormal;
#endif
#include <common>
#include <dithering_pars_fragment>
#include <color_pars_fragment>
#include <uv_pars_fragment>
#include <map_pars_fragment>
#include <alphamap_pars_fragment>
#include <alphatest_pars_fragment>
#include <alphahash_pars_fragment>
#include <aomap_pars_fragment>
#include <lightmap_pars_fragment>
#include <envmap_common_pars_fragment>
#include <envmap_pars_fragment>
#include <fog_pars_fragment>
#include <specularmap_pars_fragment>
#include <logdepthbuf_pars_fragment>
#include <clipping_planes_pars_fragment>
void main() {
	vec4 diffuseColor = vec4( diffuse, opacity );
	#include <clipping_planes_fragment>
	#include <logdepthbuf_fragment>
	#include <map_fragment>
	#include <color_fragment>
	#include <alphamap_fragment>
	#include <alphatest_fragment>
	#include <alphahash_fragment>
	#include <specularmap_fragment>
	ReflectedLight reflectedLight = ReflectedLight( vec3( 0.0 ), vec3( 0.0 ), vec3( 0.0 ), vec3( 0.0 ) );
	#ifdef USE_LIGHTMAP
		vec4 lightMapTexel = texture2D( lightMap, vLightMapUv );
		reflectedLight.indirectDiffuse += lightMapTexel.rgb * lightMapIntensity * RECIPROCAL_PI;
	#else
		reflectedLight.indirectDiffuse += vec3( 1.0 );
	#endif
	#include <aomap_fragment>
	reflectedLight.indirectDiffuse *= diffuseColor.rgb;
	vec3 outgoingLight = reflectedLight.indirectDiffuse;
	#include <envmap_fragment>
	#include <opaque_fragment>
	#include <tonemapping_fragment>
	#include <colorspace_fragment>
	#include <fog_fragment>
	#include <premultiplied_alpha_fragment>
	#include <dithering_fragment>
}`,meshlambert_vert:`#define LAMBERT
varying vec3 vViewPosition;
#include <common>
#include <batching_pars_vertex>
#include <uv_pars_vertex>
#include <displacementmap_pars_vertex>
#include <envmap_pars_vertex>
#include <color_pars_vertex>
#include <fog_pars_vertex>
#include <normal_pars_vertex>
#include <morphtarget_pars_vertex>
#include <skinning_pars_vertex>
#include <shadowmap_pars_vertex>
#include <logdepthbuf_pars_vertex>
#include <clipping_planes_pars_vertex>
void main() {
	#include <uv_vertex>
	#include <color_vertex>
	#include <morphinstance_vertex>
	#include <morphcolor_vertex>
	#include <batching_vertex>
	#include <beginnormal_vertex>
	#include <morphnormal_vertex>
	#include <skinbase_vertex>
	#include <skinnormal_vertex>
	#include <defaultnormal_vertex>
	#include <normal_vertex>
	#include <begin_vertex>
	#include <morphtarget_vertex>
	#include <skinning_vertex>
	#include <displacementmap_vertex>
	#include <project_vertex>
	#include <logdepthbuf_vertex>
	#include <clipping_planes_vertex>
	vViewPosition = - mvPosition.xyz;
	#include <worldpos_vertex>
	#include <envmap_vertex>
	#include <shadowmap_vertex>
	#include <fog_vertex>
}`,meshlambert_frag:`#define LAMBERT
uniform vec3 diffuse;
uniform vec3 emissive;
uniform float opacity;
#include <common>
#include <dithering_pars_fragment>
#include <color_pars_fragment>
#include <uv_pars_fragment>
#include <map_pars_fragment>
#include <alphamap_pars_fragment>
#include <alphatest_pars_fragment>
#include <alphahash_pars_fragment>
#include <aomap_pars_fragment>
#include <lightmap_pars_fragment>
#include <emissivemap_pars_fragment>
#include <envmap_common_pars_fragment>
#include <envmap_pars_fragment>
#include <envmap_physical_pars_fragment>
#include <fog_pars_fragment>
#include <bsdfs>
#include <lights_pars_begin>
#include <normal_pars_fragment>
#include <lights_lambert_pars_fragment>
#include <shadowmap_pars_fragment>
#include <bumpmap_pars_fragment>
#include <normalmap_pars_fragment>
#include <specularmap_pars_fragment>
#include <logdepthbuf_pars_fragment>
#include <clipping_planes_pars_fragment>
void main() {
	vec4 diffuseColor = vec4( diffuse, opacity );
	#include <clipping_planes_fragment>
	ReflectedLight reflectedLight = ReflectedLight( vec3( 0.0 ), vec3( 0.0 ), vec3( 0.0 ), vec3( 0.0 ) );
	vec3 totalEmissiveRadiance = emissive;
	#include <logdepthbuf_fragment>
	#include <map_fragment>
	#include <color_fragment>
	#include <alphamap_fragment>
	#include <alphatest_fragment>
	#include <alphahash_fragment>
	#include <specularmap_fragment>
	#include <normal_fragment_begin>
	#include <normal_fragment_maps>
	#include <emissivemap_fragment>
	#include <lights_lambert_fragment>
	#include <lights_fragment_begin>
	#include <lights_fragment_maps>
	#include <lights_fragment_end>
	#include <aomap_fragment>
	vec3 outgoingLight = reflectedLight.directDiffuse + reflectedLight.indirectDiffuse + totalEmissiveRadiance;
	#include <envmap_fragment>
	#include <opaque_fragment>
	#include <tonemapping_fragment>
	#include <colorspace_fragment>
	#include <fog_fragment>
	#include <premultiplied_alpha_fragment>
	#include <dithering_fragment>
}`,meshmatcap_vert:`#define MATCAP
varying vec3 vViewPosition;
#include <common>
#include <batching_pars_vertex>
#include <uv_pars_vertex>
#include <color_pars_vertex>
#include <displacementmap_pars_vertex>
#include <fog_pars_vertex>
#include <normal_pars_vertex>
#include <morphtarget_pars_vertex>
#include <skinning_pars_vertex>
#include <logdepthbuf_pars_vertex>
#include <clipping_planes_pars_vertex>
void main() {
	#include <uv_vertex>
	#include <color_vertex>
	#include <morphinstance_vertex>
	#include <morphcolor_vertex>
	#include <batching_vertex>
	#include <beginnormal_vertex>
	#include <morphnormal_vertex>
	#include <skinbase_vertex>
	#include <skinnormal_vertex>
	#include <defaultnormal_vertex>
	#include <normal_vertex>
	#include <begin_vertex>
	#include <morphtarget_vertex>
	#include <skinning_vertex>
	#include <displacementmap_vertex>
	#include <project_vertex>
	#include <logdepthbuf_vertex>
	#include <clipping_planes_vertex>
	#include <fog_vertex>
	vViewPosition = - mvPosition.xyz;
}`,meshmatcap_frag:`#define MATCAP
uniform vec3 diffuse;
uniform float opacity;
uniform sampler2D matcap;
varying vec3 vViewPosition;
#include <common>
#include <dithering_pars_fragment>
#include <color_pars_fragment>
#include <uv_pars_fragment>
#include <map_pars_fragment>
#include <alphamap_pars_fragment>
#include <alphatest_pars_fragment>
#include <alphahash_pars_fragment>
#include <fog_pars_fragment>
#include <normal_pars_fragment>
#include <bumpmap_pars_fragment>
#include <normalmap_pars_fragment>
#include <logdepthbuf_pars_fragment>
#include <clipping_planes_pars_fragment>
void main() {
	vec4 diffuseColor = vec4( diffuse, opacity );
	#include <clipping_planes_fragment>
	#include <logdepthbuf_fragment>
	#include <map_fragment>
	#include <color_fragment>
	#include <alphamap_fragment>
	#include <alphatest_fragment>
	#include <alphahash_fragment>
	#include <normal_fragment_begin>
	#include <normal_fragment_maps>
	vec3 viewDir = normalize( vViewPosition );
	vec3 x = normalize( vec3( viewDir.z, 0.0, - viewDir.x ) );
	vec3 y = cross( viewDir, x );
	vec2 uv = vec2( dot( x, normal ), dot( y, normal ) ) * 0.495 + 0.5;
	#ifdef USE_MATCAP
		vec4 matcapColor = texture2D( matcap, uv );
	#else
		vec4 matcapColor = vec4( vec3( mix( 0.2, 0.8, uv.y ) ), 1.0 );
	#endif
	vec3 outgoingLight = diffuseColor.rgb * matcapColor.rgb;
	#include <opaque_fragment>
	#include <tonemapping_fragment>
	#include <colorspace_fragment>
	#include <fog_fragment>
	#include <premultiplied_alpha_fragment>
	#include <dithering_fragment>
}`,meshnormal_vert:`#define NORMAL
#if defined( FLAT_SHADED ) || defined( USE_BUMPMAP ) || defined( USE_NORMALMAP_TANGENTSPACE )
	varying vec3 vViewPosition;
#endif
#include <common>
#include <batching_pars_vertex>
#include <uv_pars_vertex>
#include <displacementmap_pars_vertex>
#include <normal_pars_vertex>
#include <morphtarget_pars_vertex>
#include <skinning_pars_vertex>
#include <logdepthbuf_pars_vertex>
#include <clipping_planes_pars_vertex>
void main() {
	#include <uv_vertex>
	#include <batching_vertex>
	#include <beginnormal_vertex>
	#include <morphinstance_vertex>
	#include <morphnormal_vertex>
	#include <skinbase_vertex>
	#include <skinnormal_vertex>
	#include <defaultnormal_vertex>
	#include <normal_vertex>
	#include <begin_vertex>
	#include <morphtarget_vertex>
	#include <skinning_vertex>
	#include <displacementmap_vertex>
	#include <project_vertex>
	#include <logdepthbuf_vertex>
	#include <clipping_planes_vertex>
#if defined( FLAT_SHADED ) || defined( USE_BUMPMAP ) || defined( USE_NORMALMAP_TANGENTSPACE )
	vViewPosition = - mvPosition.xyz;
#endif
}`,meshnormal_frag:`#define NORMAL
uniform float opacity;
#if defined( FLAT_SHADED ) || defined( USE_BUMPMAP ) || defined( USE_NORMALMAP_TANGENTSPACE )
	varying vec3 vViewPosition;
#endif
#include <uv_pars_fragment>
#include <normal_pars_fragment>
#include <bumpmap_pars_fragment>
#include <normalmap_pars_fragment>
#include <logdepthbuf_pars_fragment>
#include <clipping_planes_pars_fragment>
void main() {
	vec4 diffuseColor = vec4( 0.0, 0.0, 0.0, opacity );
	#include <clipping_planes_fragment>
	#include <logdepthbuf_fragment>
	#include <normal_fragment_begin>
	#include <normal_fragment_maps>
	gl_FragColor = vec4( normalize( normal ) * 0.5 + 0.5, diffuseColor.a );
	#ifdef OPAQUE
		gl_FragColor.a = 1.0;
	#endif
}`,meshphong_vert:`#define PHONG
varying vec3 vViewPosition;
#include <common>
#include <batching_pars_vertex>
#include <uv_pars_vertex>
#include <displacementmap_pars_vertex>
#include <envmap_pars_vertex>
#include <color_pars_vertex>
#include <fog_pars_vertex>
#include <normal_pars_vertex>
#include <morphtarget_pars_vertex>
#include <skinning_pars_vertex>
#include <shadowmap_pars_vertex>
#include <logdepthbuf_pars_vertex>
#include <clipping_planes_pars_vertex>
void main() {
	#include <uv_vertex>
	#include <color_vertex>
	#include <morphcolor_vertex>
	#include <batching_vertex>
	#include <beginnormal_vertex>
	#include <morphinstance_vertex>
	#include <morphnormal_vertex>
	#include <skinbase_vertex>
	#include <skinnormal_vertex>
	#include <defaultnormal_vertex>
	#include <normal_vertex>
	#include <begin_vertex>
	#include <morphtarget_vertex>
	#include <skinning_vertex>
	#include <displacementmap_vertex>
	#include <project_vertex>
	#include <logdepthbuf_vertex>
	#include <clipping_planes_vertex>
	vViewPosition = - mvPosition.xyz;
	#include <worldpos_vertex>
	#include <envmap_vertex>
	#include <shadowmap_vertex>
	#include <fog_vertex>
}`,meshphong_frag:`#define PHONG
uniform vec3 diffuse;
uniform vec3 emissive;
uniform vec3 specular;
uniform float shininess;
uniform float opacity;
#include <common>
#include <dithering_pars_fragment>
#include <color_pars_fragment>
#include <uv_pars_fragment>
#include <map_pars_fragment>
#include <alphamap_pars_fragment>
#include <alphatest_pars_fragment>
#include <alphahash_pars_fragment>
#include <aomap_pars_fragment>
#include <lightmap_pars_fragment>
#include <emissivemap_pars_fragment>
#include <envmap_common_pars_fragment>
#include <envmap_pars_fragment>
#include <envmap_physical_pars_fragment>
#include <fog_pars_fragment>
#include <bsdfs>
#include <lights_pars_begin>
#include <normal_pars_fragment>
#include <lights_phong_pars_fragment>
#include <shadowmap_pars_fragment>
#include <bumpmap_pars_fragment>
#include <normalmap_pars_fragment>
#include <specularmap_pars_fragment>
#include <logdepthbuf_pars_fragment>
#include <clipping_planes_pars_fragment>
void main() {
	vec4 diffuseColor = vec4( diffuse, opacity );
	#include <clipping_planes_fragment>
	ReflectedLight reflectedLight = ReflectedLight( vec3( 0.0 ), vec3( 0.0 ), vec3( 0.0 ), vec3( 0.0 ) );
	vec3 totalEmissiveRadiance = emissive;
	#include <logdepthbuf_fragment>
	#include <map_fragment>
	#include <color_fragment>
	#include <alphamap_fragment>
	#include <alphatest_fragment>
	#include <alphahash_fragment>
	#include <specularmap_fragment>
	#include <normal_fragment_begin>
	#include <normal_fragment_maps>
	#include <emissivemap_fragment>
	#include <lights_phong_fragment>
	#include <lights_fragment_begin>
	#include <lights_fragment_maps>
	#include <lights_fragment_end>
	#include <aomap_fragment>
	vec3 outgoingLight = reflectedLight.directDiffuse + reflectedLight.indirectDiffuse + reflectedLight.directSpecular + reflectedLight.indirectSpecular + totalEmissiveRadiance;
	#include <envmap_fragment>
	#include <opaque_fragment>
	#include <tonemapping_fragment>
	#include <colorspace_fragment>
	#include <fog_fragment>
	#include <premultiplied_alpha_fragment>
	#include <dithering_fragment>
}`,meshphysical_vert:`#define STANDARD
varying vec3 vViewPosition;
#ifdef USE_TRANSMISSION
	varying vec3 vWorldPosition;
#endif
#include <common>
#include <batching_pars_vertex>
#include <uv_pars_vertex>
#include <displacementmap_pars_vertex>
#include <color_pars_vertex>
#include <fog_pars_vertex>
#include <normal_pars_vertex>
#include <morphtarget_pars_vertex>
#include <skinning_pars_vertex>
#include <shadowmap_pars_vertex>
#include <logdepthbuf_pars_vertex>
#include <clipping_planes_pars_vertex>
void main() {
	#include <uv_vertex>
	#include <color_vertex>
	#include <morphinstance_vertex>
	#include <morphcolor_vertex>
	#include <batching_vertex>
	#include <beginnormal_vertex>
	#include <morphnormal_vertex>
	#include <skinbase_vertex>
	#include <skinnormal_vertex>
	#include <defaultnormal_vertex>
	#include <normal_vertex>
	#include <begin_vertex>
	#include <morphtarget_vertex>
	#include <skinning_vertex>
	#include <displacementmap_vertex>
	#include <project_vertex>
	#include <logdepthbuf_vertex>
	#include <clipping_planes_vertex>
	vViewPosition = - mvPosition.xyz;
	#include <worldpos_vertex>
	#include <shadowmap_vertex>
	#include <fog_vertex>
#ifdef USE_TRANSMISSION
	vWorldPosition = worldPosition.xyz;
#endif
}`,meshphysical_frag:`#define STANDARD
#ifdef PHYSICAL
	#define IOR
	#define USE_SPECULAR
#endif
uniform vec3 diffuse;
uniform vec3 emissive;
uniform float roughness;
uniform float metalness;
uniform float opacity;
#ifdef IOR
	uniform float ior;
#endif
#ifdef USE_SPECULAR
	uniform float specularIntensity;
	uniform vec3 specularColor;
	#ifdef USE_SPECULAR_COLORMAP
		uniform sampler2D specularColorMap;
	#endif
	#ifdef USE_SPECULAR_INTENSITYMAP
		uniform sampler2D specularIntensityMap;
	#endif
#endif
#ifdef USE_CLEARCOAT
	uniform float clearcoat;
	uniform float clearcoatRoughness;
#endif
#ifdef USE_DIFFUSE_ROUGHNESS
	uniform float diffuseRoughness;
	#ifdef USE_DIFFUSE_ROUGHNESSMAP
		uniform sampler2D diffuseRoughnessMap;
	#endif
#endif
#ifdef USE_DISPERSION
	uniform float dispersion;
#endif
#ifdef USE_RETROREFLECTION
	uniform float retroreflectivity;
#endif
#ifdef USE_IRIDESCENCE
	uniform float iridescence;
	uniform float iridescenceIOR;
	uniform float iridescenceThicknessMinimum;
	uniform float iridescenceThicknessMaximum;
#endif
#ifdef USE_SHEEN
	uniform vec3 sheenColor;
	uniform float sheenRoughness;
	#ifdef USE_SHEEN_COLORMAP
		uniform sampler2D sheenColorMap;
	#endif
	#ifdef USE_SHEEN_ROUGHNESSMAP
		uniform sampler2D sheenRoughnessMap;
	#endif
#endif
#ifdef USE_ANISOTROPY
	uniform vec2 anisotropyVector;
	#ifdef USE_ANISOTROPYMAP
		uniform sampler2D anisotropyMap;
	#endif
#endif
varying vec3 vViewPosition;
#include <common>
#include <dithering_pars_fragment>
#include <color_pars_fragment>
#include <uv_pars_fragment>
#include <map_pars_fragment>
#include <alphamap_pars_fragment>
#include <alphatest_pars_fragment>
#include <alphahash_pars_fragment>
#include <aomap_pars_fragment>
#include <lightmap_pars_fragment>
#include <emissivemap_pars_fragment>
#include <iridescence_fragment>
#include <envmap_common_pars_fragment>
#include <envmap_physical_pars_fragment>
#include <fog_pars_fragment>
#include <lights_pars_begin>
#include <normal_pars_fragment>
#include <lights_physical_pars_fragment>
#include <transmission_pars_fragment>
#include <shadowmap_pars_fragment>
#include <bumpmap_pars_fragment>
#include <normalmap_pars_fragment>
#include <clearcoat_pars_fragment>
#include <iridescence_pars_fragment>
#include <roughnessmap_pars_fragment>
#include <metalnessmap_pars_fragment>
#include <logdepthbuf_pars_fragment>
#include <clipping_planes_pars_fragment>
void main() {
	vec4 diffuseColor = vec4( diffuse, opacity );
	#include <clipping_planes_fragment>
	ReflectedLight reflectedLight = ReflectedLight( vec3( 0.0 ), vec3( 0.0 ), vec3( 0.0 ), vec3( 0.0 ) );
	vec3 totalEmissiveRadiance = emissive;
	#include <logdepthbuf_fragment>
	#include <map_fragment>
	#include <color_fragment>
	#include <alphamap_fragment>
	#include <alphatest_fragment>
	#include <alphahash_fragment>
	#include <roughnessmap_fragment>
	#include <metalnessmap_fragment>
	#include <normal_fragment_begin>
	#include <normal_fragment_maps>
	#include <clearcoat_normal_fragment_begin>
	#include <clearcoat_normal_fragment_maps>
	#include <emissivemap_fragment>
	#include <lights_physical_fragment>
	#include <lights_fragment_begin>
	#include <lights_fragment_maps>
	#include <lights_fragment_end>
	#include <aomap_fragment>
	vec3 totalDiffuse = reflectedLight.directDiffuse + reflectedLight.indirectDiffuse;
	vec3 totalSpecular = reflectedLight.directSpecular + reflectedLight.indirectSpecular;
	#include <transmission_fragment>
	vec3 outgoingLight = totalDiffuse + totalSpecular + totalEmissiveRadiance;
	#ifdef USE_SHEEN
 
		outgoingLight = outgoingLight + sheenSpecularDirect + sheenSpecularIndirect;
 
 	#endif
	#ifdef USE_CLEARCOAT
		float dotNVcc = saturate( dot( geometryClearcoatNormal, geometryViewDir ) );
		vec3 Fcc = F_Schlick( material.clearcoatF0, material.clearcoatF90, dotNVcc );
		outgoingLight = outgoingLight * ( 1.0 - material.clearcoat * Fcc ) + ( clearcoatSpecularDirect + clearcoatSpecularIndirect ) * material.clearcoat;
	#endif
	#include <opaque_fragment>
	#include <tonemapping_fragment>
	#include <colorspace_fragment>
	#include <fog_fragment>
	#include <premultiplied_alpha_fragment>
	#include <dithering_fragment>
}`,meshtoon_vert:`#define TOON
varying vec3 vViewPosition;
#include <common>
#include <batching_pars_vertex>
#include <uv_pars_vertex>
#include <displacementmap_pars_vertex>
#include <color_pars_vertex>
#include <fog_pars_vertex>
#include <normal_pars_vertex>
#include <morphtarget_pars_vertex>
#include <skinning_pars_vertex>
#include <shadowmap_pars_vertex>
#include <logdepthbuf_pars_vertex>
#include <clipping_planes_pars_vertex>
void main() {
	#include <uv_vertex>
	#include <color_vertex>
	#include <morphinstance_vertex>
	#include <morphcolor_vertex>
	#include <batching_vertex>
	#include <beginnormal_vertex>
	#include <morphnormal_vertex>
	#include <skinbase_vertex>
	#include <skinnormal_vertex>
	#include <defaultnormal_vertex>
	#include <normal_vertex>
	#include <begin_vertex>
	#include <morphtarget_vertex>
	#include <skinning_vertex>
	#include <displacementmap_vertex>
	#include <project_vertex>
	#include <logdepthbuf_vertex>
	#include <clipping_planes_vertex>
	vViewPosition = - mvPosition.xyz;
	#include <worldpos_vertex>
	#include <shadowmap_vertex>
	#include <fog_vertex>
}`,meshtoon_frag:`#define TOON
uniform vec3 diffuse;
uniform vec3 emissive;
uniform float opacity;
#include <common>
#include <dithering_pars_fragment>
#include <color_pars_fragment>
#include <uv_pars_fragment>
#include <map_pars_fragment>
#include <alphamap_pars_fragment>
#include <alphatest_pars_fragment>
#include <alphahash_pars_fragment>
#include <aomap_pars_fragment>
#include <lightmap_pars_fragment>
#include <emissivemap_pars_fragment>
#include <gradientmap_pars_fragment>
#include <fog_pars_fragment>
#include <bsdfs>
#include <lights_pars_begin>
#include <normal_pars_fragment>
#include <lights_toon_pars_fragment>
#include <shadowmap_pars_fragment>
#include <bumpmap_pars_fragment>
#include <normalmap_pars_fragment>
#include <logdepthbuf_pars_fragment>
#include <clipping_planes_pars_fragment>
void main() {
	vec4 diffuseColor = vec4( diffuse, opacity );
	#include <clipping_planes_fragment>
	ReflectedLight reflectedLight = ReflectedLight( vec3( 0.0 ), vec3( 0.0 ), vec3( 0.0 ), vec3( 0.0 ) );
	vec3 totalEmissiveRadiance = emissive;
	#include <logdepthbuf_fragment>
	#include <map_fragment>
	#include <color_fragment>
	#include <alphamap_fragment>
	#include <alphatest_fragment>
	#include <alphahash_fragment>
	#include <normal_fragment_begin>
	#include <normal_fragment_maps>
	#include <emissivemap_fragment>
	#include <lights_toon_fragment>
	#include <lights_fragment_begin>
	#include <lights_fragment_maps>
	#include <lights_fragment_end>
	#include <aomap_fragment>
	vec3 outgoingLight = reflectedLight.directDiffuse + reflectedLight.indirectDiffuse + totalEmissiveRadiance;
	#include <opaque_fragment>
	#include <tonemapping_fragment>
	#include <colorspace_fragment>
	#include <fog_fragment>
	#include <premultiplied_alpha_fragment>
	#include <dithering_fragment>
}`,points_vert:`uniform float size;
uniform float scale;
#include <common>
#include <color_pars_vertex>
#include <fog_pars_vertex>
#include <morphtarget_pars_vertex>
#include <logdepthbuf_pars_vertex>
#include <clipping_planes_pars_vertex>
#ifdef USE_POINTS_UV
	varying vec2 vUv;
	uniform mat3 uvTransform;
#endif
void main() {
	#ifdef USE_POINTS_UV
		vUv = ( uvTransform * vec3( uv, 1 ) ).xy;
	#endif
	#include <color_vertex>
	#include <morphinstance_vertex>
	#include <morphcolor_vertex>
	#include <begin_vertex>
	#include <morphtarget_vertex>
	#include <project_vertex>
	gl_PointSize = size;
	#ifdef USE_SIZEATTENUATION
		bool isPerspective = isPerspectiveMatrix( projectionMatrix );
		if ( isPerspective ) gl_PointSize *= ( scale / - mvPosition.z );
	#endif
	#include <logdepthbuf_vertex>
	#include <clipping_planes_vertex>
	#include <worldpos_vertex>
	#include <fog_vertex>
}`,points_frag:`uniform vec3 diffuse;
uniform float opacity;
#include <common>
#include <color_pars_fragment>
#include <map_particle_pars_fragment>
#include <alphatest_pars_fragment>
#include <alphahash_pars_fragment>
#include <fog_pars_fragment>
#include <logdepthbuf_pars_fragment>
#include <clipping_planes_pars_fragment>
void main() {
	vec4 diffuseColor = vec4( diffuse, opacity );
	#include <clipping_planes_fragment>
	vec3 outgoingLight = vec3( 0.0 );
	#include <logdepthbuf_fragment>
	#include <map_particle_fragment>
	#include <color_fragment>
	#include <alphatest_fragment>
	#include <alphahash_fragment>
	outgoingLight = diffuseColor.rgb;
	#include <opaque_fragment>
	#include <tonemapping_fragment>
	#include <colorspace_fragment>
	#include <fog_fragment>
	#include <premultiplied_alpha_fragment>
}`,shadow_vert:`#include <common>
#include <batching_pars_vertex>
#include <fog_pars_vertex>
#include <morphtarget_pars_vertex>
#include <skinning_pars_vertex>
#include <logdepthbuf_pars_vertex>
#include <shadowmap_pars_vertex>
void main() {
	#include <batching_vertex>
	#include <beginnormal_vertex>
	#include <morphinstance_vertex>
	#include <morphnormal_vertex>
	#include <skinbase_vertex>
	#include <skinnormal_vertex>
	#include <defaultnormal_vertex>
	#include <begin_vertex>
	#include <morphtarget_vertex>
	#include <skinning_vertex>
	#include <project_vertex>
	#include <logdepthbuf_vertex>
	#include <worldpos_vertex>
	#include <shadowmap_vertex>
	#include <fog_vertex>
}`,shadow_frag:`uniform vec3 color;
uniform float opacity;
#include <common>
#include <fog_pars_fragment>
#include <bsdfs>
#include <lights_pars_begin>
#include <logdepthbuf_pars_fragment>
#include <shadowmap_pars_fragment>
#include <shadowmask_pars_fragment>
void main() {
	#include <logdepthbuf_fragment>
	gl_FragColor = vec4( color, opacity * ( 1.0 - getShadowMask() ) );
	#include <tonemapping_fragment>
	#include <colorspace_fragment>
	#include <fog_fragment>
	#include <premultiplied_alpha_fragment>
}`,sprite_vert:`uniform float rotation;
uniform vec2 center;
#include <common>
#include <uv_pars_vertex>
#include <fog_pars_vertex>
#include <logdepthbuf_pars_vertex>
#include <clipping_planes_pars_vertex>
void main() {
	#include <uv_vertex>
	vec4 mvPosition = modelViewMatrix[ 3 ];
	vec2 scale = vec2( length( modelMatrix[ 0 ].xyz ), length( modelMatrix[ 1 ].xyz ) );
	#ifndef USE_SIZEATTENUATION
		bool isPerspective = isPerspectiveMatrix( projectionMatrix );
		if ( isPerspective ) scale *= - mvPosition.z;
	#endif
	vec2 alignedPosition = ( position.xy - ( center - vec2( 0.5 ) ) ) * scale;
	vec2 rotatedPosition;
	rotatedPosition.x = cos( rotation ) * alignedPosition.x - sin( rotation ) * alignedPosition.y;
	rotatedPosition.y = sin( rotation ) * alignedPosition.x + cos( rotation ) * alignedPosition.y;
	mvPosition.xy += rotatedPosition;
	gl_Position = projectionMatrix * mvPosition;
	#include <logdepthbuf_vertex>
	#include <clipping_planes_vertex>
	#include <fog_vertex>
}`,sprite_frag:`uniform vec3 diffuse;
uniform float opacity;
#include <common>
#include <uv_pars_fragment>
#include <map_pars_fragment>
#include <alphamap_pars_fragment>
#include <alphatest_pars_fragment>
#include <alphahash_pars_fragment>
#include <fog_pars_fragment>
#include <logdepthbuf_pars_fragment>
#include <clipping_planes_pars_fragment>
void main() {
	vec4 diffuseColor = vec4( diffuse, opacity );
	#include <clipping_planes_fragment>
	vec3 outgoingLight = vec3( 0.0 );
	#include <logdepthbuf_fragment>
	#include <map_fragment>
	#include <alphamap_fragment>
	#include <alphatest_fragment>
	#include <alphahash_fragment>
	outgoingLight = diffuseColor.rgb;
	#include <opaque_fragment>
	#include <tonemapping_fragment>
	#include <colorspace_fragment>
	#include <fog_fragment>
}`},$={common:{diffuse:{value:new Z(16777215)},opacity:{value:1},map:{value:null},mapTransform:{value:new Y},alphaMap:{value:null},alphaMapTransform:{value:new Y},alphaTest:{value:0}},specularmap:{specularMap:{value:null},specularMapTransform:{value:new Y}},envmap:{envMap:{value:null},envMapRotation:{value:new Y},reflectivity:{value:1},ior:{value:1.5},refractionRatio:{value:.98},dfgLUT:{value:null}},aomap:{aoMap:{value:null},aoMapIntensity:{value:1},aoMapTransform:{value:new Y}},lightmap:{lightMap:{value:null},lightMapIntensity:{value:1},lightMapTransform:{value:new Y}},bumpmap:{bumpMap:{value:null},bumpMapTransform:{value:new Y},bumpScale:{value:1}},normalmap:{normalMap:{value:null},normalMapTransform:{value:new Y},normalScale:{value:new q(1,1)}},displacementmap:{displacementMap:{value:null},displacementMapTransform:{value:new Y},displacementScale:{value:1},displacementBias:{value:0}},emissivemap:{emissiveMap:{value:null},emissiveMapTransform:{value:new Y}},metalnessmap:{metalnessMap:{value:null},metalnessMapTransform:{value:new Y}},roughnessmap:{roughnessMap:{value:null},roughnessMapTransform:{value:new Y}},gradientmap:{gradientMap:{value:null}},fog:{fogDensity:{value:25e-5},fogNear:{value:1},fogFar:{value:2e3},fogColor:{value:new Z(16777215)}},lights:{ambientLightColor:{value:[]},lightProbe:{value:[]},sunLights:{value:[],properties:{direction:{},color:{}}},sunLightShadows:{value:[],properties:{shadowIntensity:1,shadowBias:{},shadowNormalBias:{},shadowRadius:{},shadowMapSize:{}}},sunShadowMatrix:{value:[]},sunShadowCascade:{value:[]},directionalLights:{value:[],properties:{direction:{},color:{}}},directionalLightShadows:{value:[],properties:{shadowIntensity:1,shadowBias:{},shadowNormalBias:{},shadowRadius:{},shadowMapSize:{}}},directionalShadowMatrix:{value:[]},spotLights:{value:[],properties:{color:{},position:{},direction:{},distance:{},coneCos:{},penumbraCos:{},decay:{}}},spotLightShadows:{value:[],properties:{shadowIntensity:1,shadowBias:{},shadowNormalBias:{},shadowRadius:{},shadowMapSize:{}}},spotLightMap:{value:[]},spotLightMatrix:{value:[]},pointLights:{value:[],properties:{color:{},position:{},decay:{},distance:{}}},pointLightShadows:{value:[],properties:{shadowIntensity:1,shadowBias:{},shadowNormalBias:{},shadowRadius:{},shadowMapSize:{},shadowCameraNear:{},shadowCameraFar:{}}},pointShadowMatrix:{value:[]},hemisphereLights:{value:[],properties:{direction:{},skyColor:{},groundColor:{}}},rectAreaLights:{value:[],properties:{color:{},position:{},width:{},height:{}}},ltc_1:{value:null},ltc_2:{value:null},probesSH:{value:[]},probesMin:{value:[]},probesMax:{value:[]},probesResolution:{value:[]}},points:{diffuse:{value:new Z(16777215)},opacity:{value:1},size:{value:1},scale:{value:1},map:{value:null},alphaMap:{value:null},alphaMapTransform:{value:new Y},alphaTest:{value:0},uvTransform:{value:new Y}},sprite:{diffuse:{value:new Z(16777215)},opacity:{value:1},center:{value:new q(.5,.5)},rotation:{value:0},map:{value:null},mapTransform:{value:new Y},alphaMap:{value:null},alphaMapTransform:{value:new Y},alphaTest:{value:0}}},Xf={basic:{uniforms:Hd([$.common,$.specularmap,$.envmap,$.aomap,$.lightmap,$.fog]),vertexShader:Q.meshbasic_vert,fragmentShader:Q.meshbasic_frag},lambert:{uniforms:Hd([$.common,$.specularmap,$.envmap,$.aomap,$.lightmap,$.emissivemap,$.bumpmap,$.normalmap,$.displacementmap,$.fog,$.lights,{emissive:{value:new Z(0)},envMapIntensity:{value:1}}]),vertexShader:Q.meshlambert_vert,fragmentShader:Q.meshlambert_frag},phong:{uniforms:Hd([$.common,$.specularmap,$.envmap,$.aomap,$.lightmap,$.emissivemap,$.bumpmap,$.normalmap,$.displacementmap,$.fog,$.lights,{emissive:{value:new Z(0)},specular:{value:new Z(1118481)},shininess:{value:30},envMapIntensity:{value:1}}]),vertexShader:Q.meshphong_vert,fragmentShader:Q.meshphong_frag},standard:{uniforms:Hd([$.common,$.envmap,$.aomap,$.lightmap,$.emissivemap,$.bumpmap,$.normalmap,$.displacementmap,$.roughnessmap,$.metalnessmap,$.fog,$.lights,{emissive:{value:new Z(0)},roughness:{value:1},metalness:{value:0},envMapIntensity:{value:1}}]),vertexShader:Q.meshphysical_vert,fragmentShader:Q.meshphysical_frag},toon:{uniforms:Hd([$.common,$.aomap,$.lightmap,$.emissivemap,$.bumpmap,$.normalmap,$.displacementmap,$.gradientmap,$.fog,$.lights,{emissive:{value:new Z(0)}}]),vertexShader:Q.meshtoon_vert,fragmentShader:Q.meshtoon_frag},matcap:{uniforms:Hd([$.common,$.bumpmap,$.normalmap,$.displacementmap,$.fog,{matcap:{value:null}}]),vertexShader:Q.meshmatcap_vert,fragmentShader:Q.meshmatcap_frag},points:{uniforms:Hd([$.points,$.fog]),vertexShader:Q.points_vert,fragmentShader:Q.points_frag},dashed:{uniforms:Hd([$.common,$.fog,{scale:{value:1},dashSize:{value:1},totalSize:{value:2}}]),vertexShader:Q.linedashed_vert,fragmentShader:Q.linedashed_frag},depth:{uniforms:Hd([$.common,$.displacementmap]),vertexShader:Q.depth_vert,fragmentShader:Q.depth_frag},normal:{uniforms:Hd([$.common,$.bumpmap,$.normalmap,$.displacementmap,{opacity:{value:1}}]),vertexShader:Q.meshnormal_vert,fragmentShader:Q.meshnormal_frag},sprite:{uniforms:Hd([$.sprite,$.fog]),vertexShader:Q.sprite_vert,fragmentShader:Q.sprite_frag},background:{uniforms:{uvTransform:{value:new Y},t2D:{value:null},backgroundIntensity:{value:1}},vertexShader:Q.background_vert,fragmentShader:Q.background_frag},backgroundCube:{uniforms:{envMap:{value:null},backgroundBlurriness:{value:0},backgroundIntensity:{value:1},backgroundRotation:{value:new Y}},vertexShader:Q.backgroundCube_vert,fragmentShader:Q.backgroundCube_frag},cube:{uniforms:{tCube:{value:null},tFlip:{value:-1},opacity:{value:1}},vertexShader:Q.cube_vert,fragmentShader:Q.cube_frag},equirect:{uniforms:{tEquirect:{value:null}},vertexShader:Q.equirect_vert,fragmentShader:Q.equirect_frag},distance:{uniforms:Hd([$.common,$.displacementmap,{referencePosition:{value:new J},nearDistance:{value:1},farDistance:{value:1e3}}]),vertexShader:Q.distance_vert,fragmentShader:Q.distance_frag},shadow:{uniforms:Hd([$.lights,$.fog,{color:{value:new Z(0)},opacity:{value:1}}]),vertexShader:Q.shadow_vert,fragmentShader:Q.shadow_frag}};Xf.physical={uniforms:Hd([Xf.standard.uniforms,{clearcoat:{value:0},clearcoatMap:{value:null},clearcoatMapTransform:{value:new Y},clearcoatNormalMap:{value:null},clearcoatNormalMapTransform:{value:new Y},clearcoatNormalScale:{value:new q(1,1)},clearcoatRoughness:{value:0},clearcoatRoughnessMap:{value:null},clearcoatRoughnessMapTransform:{value:new Y},diffuseRoughness:{value:0},diffuseRoughnessMap:{value:null},diffuseRoughnessMapTransform:{value:new Y},dispersion:{value:0},retroreflectivity:{value:0},iridescence:{value:0},iridescenceMap:{value:null},iridescenceMapTransform:{value:new Y},iridescenceIOR:{value:1.3},iridescenceThicknessMinimum:{value:100},iridescenceThicknessMaximum:{value:400},iridescenceThicknessMap:{value:null},iridescenceThicknessMapTransform:{value:new Y},sheen:{value:0},sheenColor:{value:new Z(0)},sheenColorMap:{value:null},sheenColorMapTransform:{value:new Y},sheenRoughness:{value:1},sheenRoughnessMap:{value:null},sheenRoughnessMapTransform:{value:new Y},transmission:{value:0},transmissionMap:{value:null},transmissionMapTransform:{value:new Y},transmissionSamplerSize:{value:new q},transmissionSamplerMap:{value:null},thickness:{value:0},thicknessMap:{value:null},thicknessMapTransform:{value:new Y},attenuationDistance:{value:0},attenuationColor:{value:new Z(0)},specularColor:{value:new Z(1,1,1)},specularColorMap:{value:null},specularColorMapTransform:{value:new Y},specularIntensity:{value:1},specularIntensityMap:{value:null},specularIntensityMapTransform:{value:new Y},anisotropyVector:{value:new q},anisotropyMap:{value:null},anisotropyMapTransform:{value:new Y}}]),vertexShader:Q.meshphysical_vert,fragmentShader:Q.meshphysical_frag};var Zf={r:0,b:0,g:0},Qf=new _l,$f=new Y;$f.set(-1,0,0,0,1,0,0,0,1);function ep(e,t,n,r,i,a){let o=new Z(0),s=i===!0?0:1,c,l,u=null,d=0,f=null;function p(e){let n=e.isScene===!0?e.background:null;if(n&&n.isTexture){let r=e.backgroundBlurriness>0;n=t.get(n,r)}return n}function m(t){let r=!1,i=p(t);i===null?g(o,s):i&&i.isColor&&(g(i,1),r=!0);let c=e.xr.getEnvironmentBlendMode();c===`additive`?n.buffers.color.setClear(0,0,0,1,a):c===`alpha-blend`&&n.buffers.color.setClear(0,0,0,0,a),(e.autoClear||r)&&(n.buffers.depth.setTest(!0),n.buffers.depth.setMask(!0),n.buffers.color.setMask(!0),e.clear(e.autoClearColor,e.autoClearDepth,e.autoClearStencil))}function h(t,n){let i=p(n);i&&i.isCubeTexture?(l===void 0&&(l=new _d(new zd(1,1,1),new Yd({name:`BackgroundCubeMaterial`,uniforms:Vd(Xf.backgroundCube.uniforms),vertexShader:Xf.backgroundCube.vertexShader,fragmentShader:Xf.backgroundCube.fragmentShader,side:1,depthTest:!1,depthWrite:!1,fog:!1,allowOverride:!1})),l.geometry.deleteAttribute(`normal`),l.geometry.deleteAttribute(`uv`),l.onBeforeRender=function(e,t,n){this.matrixWorld.copyPosition(n.matrixWorld)},Object.defineProperty(l.material,"envMap",{get:function(){return this.uniforms.envMap.value}}),r.update(l)),l.material.uniforms.envMap.value=i,l.material.uniforms.backgroundBlurriness.value=n.backgroundBlurriness,l.material.uniforms.backgroundIntensity.value=n.backgroundIntensity,l.material.uniforms.backgroundRotation.value.setFromMatrix4(Qf.makeRotationFromEuler(n.backgroundRotation)).transpose(),i.isRenderTargetTexture===!1&&l.material.uniforms.backgroundRotation.value.premultiply($f),l.material.toneMapped=X.getTransfer(i.colorSpace)!==wc,(u!==i||d!==i.version||f!==e.toneMapping)&&(l.material.needsUpdate=!0,u=i,d=i.version,f=e.toneMapping),l.layers.enableAll(),t.unshift(l,l.geometry,l.material,0,0,null)):i&&i.isTexture&&(c===void 0&&(c=new _d(new Bd(2,2),new Yd({name:`BackgroundMaterial`,uniforms:Vd(Xf.background.uniforms),vertexShader:Xf.background.vertexShader,fragmentShader:Xf.background.fragmentShader,side:0,depthTest:!1,depthWrite:!1,fog:!1,allowOverride:!1})),c.geometry.deleteAttribute(`normal`),Object.defineProperty(c.material,"map",{get:function(){return this.uniforms.t2D.value}}),r.update(c)),c.material.uniforms.t2D.value=i,c.material.uniforms.backgroundIntensity.value=n.backgroundIntensity,c.material.toneMapped=X.getTransfer(i.colorSpace)!==wc,i.matrixAutoUpdate===!0&&i.updateMatrix(),c.material.uniforms.uvTransform.value.copy(i.matrix),(u!==i||d!==i.version||f!==e.toneMapping)&&(c.material.needsUpdate=!0,u=i,d=i.version,f=e.toneMapping),c.layers.enableAll(),t.unshift(c,c.geometry,c.material,0,0,null))}function g(t,r){t.getRGB(Zf,Gd(e)),n.buffers.color.setClear(Zf.r,Zf.g,Zf.b,r,a)}function _(){l!==void 0&&(l.geometry.dispose(),l.material.dispose(),l=void 0),c!==void 0&&(c.geometry.dispose(),c.material.dispose(),c=void 0)}return{getClearColor:function(){return o},setClearColor:function(e,t=1){o.set(e),s=t,g(o,s)},getClearAlpha:function(){return s},setClearAlpha:function(e){s=e,g(o,s)},render:m,addToRenderList:h,dispose:_}}function tp(e,t){let n=e.getParameter(e.MAX_VERTEX_ATTRIBS),r={},i=f(null),a=i,o=!1;function s(n,r,i,s,c){let u=!1,f=d(n,s,i,r);a!==f&&(a=f,l(a.object)),u=p(n,s,i,c),u&&m(n,s,i,c),c!==null&&t.update(c,e.ELEMENT_ARRAY_BUFFER),(u||o)&&(o=!1,b(n,r,i,s),c!==null&&e.bindBuffer(e.ELEMENT_ARRAY_BUFFER,t.get(c).buffer))}function c(){return e.createVertexArray()}function l(t){return e.bindVertexArray(t)}function u(t){return e.deleteVertexArray(t)}function d(e,t,n,i){let a=i.wireframe===!0,o=r[t.id];o===void 0&&(o={},r[t.id]=o);let s=e.isInstancedMesh===!0?e.id:0,l=o[s];l===void 0&&(l={},o[s]=l);let u=l[n.id];u===void 0&&(u={},l[n.id]=u);let d=u[a];return d===void 0&&(d=f(c()),u[a]=d),d}function f(e){let t=[],r=[],i=[];for(let e=0;e<n;e++)t[e]=0,r[e]=0,i[e]=0;return{geometry:null,program:null,wireframe:!1,newAttributes:t,enabledAttributes:r,attributeDivisors:i,object:e,attributes:{},index:null}}function p(e,t,n,r){let i=a.attributes,o=t.attributes,s=0,c=n.getAttributes();for(let t in c)if(c[t].location>=0){let n=i[t],r=o[t];if(r===void 0&&(t===`instanceMatrix`&&e.instanceMatrix&&(r=e.instanceMatrix),t===`instanceColor`&&e.instanceColor&&(r=e.instanceColor)),n===void 0||n.attribute!==r||r&&n.data!==r.data)return!0;s++}return a.attributesNum!==s||a.index!==r}function m(e,t,n,r){let i={},o=t.attributes,s=0,c=n.getAttributes();for(let t in c)if(c[t].location>=0){let n=o[t];n===void 0&&(t===`instanceMatrix`&&e.instanceMatrix&&(n=e.instanceMatrix),t===`instanceColor`&&e.instanceColor&&(n=e.instanceColor));let r={};r.attribute=n,n&&n.data&&(r.data=n.data),i[t]=r,s++}a.attributes=i,a.attributesNum=s,a.index=r}function h(){let e=a.newAttributes;for(let t=0,n=e.length;t<n;t++)e[t]=0}function g(e){_(e,0)}function _(t,n){let r=a.newAttributes,i=a.enabledAttributes,o=a.attributeDivisors;r[t]=1,i[t]===0&&(e.enableVertexAttribArray(t),i[t]=1),o[t]!==n&&(e.vertexAttribDivisor(t,n),o[t]=n)}function v(){let t=a.newAttributes,n=a.enabledAttributes;for(let r=0,i=n.length;r<i;r++)n[r]!==t[r]&&(e.disableVertexAttribArray(r),n[r]=0)}function y(t,n,r,i,a,o,s){s===!0?e.vertexAttribIPointer(t,n,r,a,o):e.vertexAttribPointer(t,n,r,i,a,o)}function b(n,r,i,a){h();let o=a.attributes,s=i.getAttributes(),c=r.defaultAttributeValues;for(let r in s){let i=s[r];if(i.location>=0){let s=o[r];if(s===void 0&&(r===`instanceMatrix`&&n.instanceMatrix&&(s=n.instanceMatrix),r===`instanceColor`&&n.instanceColor&&(s=n.instanceColor)),s!==void 0){let r=s.normalized,o=s.itemSize,c=t.get(s);if(c===void 0)continue;let l=c.buffer,u=c.type,d=c.bytesPerElement,f=u===e.INT||u===e.UNSIGNED_INT||s.gpuType===1013;if(s.isInterleavedBufferAttribute){let t=s.data,c=t.isInterleavedBuffer===!0?t.stride:t.itemSize,p=s.offset;if(t.isInstancedInterleavedBuffer||t.isInstancedBufferAttribute){for(let e=0;e<i.locationSize;e++)_(i.location+e,t.meshPerAttribute);n.isInstancedMesh!==!0&&a._maxInstanceCount===void 0&&(a._maxInstanceCount=t.meshPerAttribute*t.count)}else for(let e=0;e<i.locationSize;e++)g(i.location+e);e.bindBuffer(e.ARRAY_BUFFER,l);for(let e=0;e<i.locationSize;e++)y(i.location+e,o/i.locationSize,u,r,c*d,(p+o/i.locationSize*e)*d,f)}else{if(s.isInstancedBufferAttribute){for(let e=0;e<i.locationSize;e++)_(i.location+e,s.meshPerAttribute);n.isInstancedMesh!==!0&&a._maxInstanceCount===void 0&&(a._maxInstanceCount=s.meshPerAttribute*s.count)}else for(let e=0;e<i.locationSize;e++)g(i.location+e);e.bindBuffer(e.ARRAY_BUFFER,l);for(let e=0;e<i.locationSize;e++)y(i.location+e,o/i.locationSize,u,r,o*d,o/i.locationSize*e*d,f)}}else if(c!==void 0){let t=c[r];if(t!==void 0)switch(t.length){case 2:e.vertexAttrib2fv(i.location,t);break;case 3:e.vertexAttrib3fv(i.location,t);break;case 4:e.vertexAttrib4fv(i.location,t);break;default:e.vertexAttrib1fv(i.location,t)}}}}v()}function x(){T();for(let e in r){let t=r[e];for(let e in t){let n=t[e];for(let e in n){let t=n[e];for(let e in t)u(t[e].object),delete t[e];delete n[e]}}delete r[e]}}function S(e){if(r[e.id]===void 0)return;let t=r[e.id];for(let e in t){let n=t[e];for(let e in n){let t=n[e];for(let e in t)u(t[e].object),delete t[e];delete n[e]}}delete r[e.id]}function C(e){for(let t in r){let n=r[t];for(let t in n){let r=n[t];if(r[e.id]===void 0)continue;let i=r[e.id];for(let e in i)u(i[e].object),delete i[e];delete r[e.id]}}}function w(e){for(let t in r){let n=r[t],i=e.isInstancedMesh===!0?e.id:0,a=n[i];if(a!==void 0){for(let e in a){let t=a[e];for(let e in t)u(t[e].object),delete t[e];delete a[e]}delete n[i],Object.keys(n).length===0&&delete r[t]}}}function T(){E(),o=!0,a!==i&&(a=i,l(a.object))}function E(){i.geometry=null,i.program=null,i.wireframe=!1}return{setup:s,reset:T,resetDefaultState:E,dispose:x,releaseStatesOfGeometry:S,releaseStatesOfObject:w,releaseStatesOfProgram:C,initAttributes:h,enableAttribute:g,disableUnusedAttributes:v}}function np(e,t,n){let r;function i(e){r=e}function a(t,i){e.drawArrays(r,t,i),n.update(i,r,1)}function o(t,i,a){a!==0&&(e.drawArraysInstanced(r,t,i,a),n.update(i,r,a))}function s(e,i,a){if(a===0)return;t.get(`WEBGL_multi_draw`).multiDrawArraysWEBGL(r,e,0,i,0,a);let o=0;for(let e=0;e<a;e++)o+=i[e];n.update(o,r,1)}this.setMode=i,this.render=a,this.renderInstances=o,this.renderMultiDraw=s}function rp(e,t,n,r){let i;function a(){if(i!==void 0)return i;if(t.has(`EXT_texture_filter_anisotropic`)===!0){let n=t.get(`EXT_texture_filter_anisotropic`);i=e.getParameter(n.MAX_TEXTURE_MAX_ANISOTROPY_EXT)}else i=0;return i}function o(t){return t===1023||r.convert(t)===e.getParameter(e.IMPLEMENTATION_COLOR_READ_FORMAT)}function s(n){let i=n===1016&&(t.has(`EXT_color_buffer_half_float`)||t.has(`EXT_color_buffer_float`));return!(n!==1009&&n!==1015&&!i&&r.convert(n)!==e.getParameter(e.IMPLEMENTATION_COLOR_READ_TYPE))}function c(t){if(t===`highp`){if(e.getShaderPrecisionFormat(e.VERTEX_SHADER,e.HIGH_FLOAT).precision>0&&e.getShaderPrecisionFormat(e.FRAGMENT_SHADER,e.HIGH_FLOAT).precision>0)return`highp`;t=`mediump`}return t===`mediump`&&e.getShaderPrecisionFormat(e.VERTEX_SHADER,e.MEDIUM_FLOAT).precision>0&&e.getShaderPrecisionFormat(e.FRAGMENT_SHADER,e.MEDIUM_FLOAT).precision>0?`mediump`:`lowp`}let l=n.precision===void 0?`highp`:n.precision,u=c(l);u!==l&&(W(`WebGLRenderer:`,l,`not supported, using`,u,`instead.`),l=u);let d=n.reversedDepthBuffer===!0&&t.has(`EXT_clip_control`),f=n.logarithmicDepthBuffer===!0&&d===!1;n.reversedDepthBuffer===!0&&d===!1&&W(`WebGLRenderer: Unable to use reversed depth buffer due to missing EXT_clip_control extension. Fallback to default depth buffer.`),n.logarithmicDepthBuffer===!0&&d===!0&&W(`WebGLRenderer: Logarithmic depth buffer is ignored when reversed depth buffer is enabled.`);let p=e.getParameter(e.MAX_TEXTURE_IMAGE_UNITS),m=e.getParameter(e.MAX_VERTEX_TEXTURE_IMAGE_UNITS),h=e.getParameter(e.MAX_TEXTURE_SIZE),g=e.getParameter(e.MAX_CUBE_MAP_TEXTURE_SIZE),_=e.getParameter(e.MAX_VERTEX_ATTRIBS),v=e.getParameter(e.MAX_VERTEX_UNIFORM_VECTORS),y=e.getParameter(e.MAX_VARYING_VECTORS),b=e.getParameter(e.MAX_FRAGMENT_UNIFORM_VECTORS),x=e.getParameter(e.MAX_SAMPLES),S=e.getParameter(e.SAMPLES);return{isWebGL2:!0,getMaxAnisotropy:a,getMaxPrecision:c,textureFormatReadable:o,textureTypeReadable:s,precision:l,logarithmicDepthBuffer:f,reversedDepthBuffer:d,maxTextures:p,maxVertexTextures:m,maxTextureSize:h,maxCubemapSize:g,maxAttributes:_,maxVertexUniforms:v,maxVaryings:y,maxFragmentUniforms:b,maxSamples:x,samples:S}}function ip(e){let t=this,n=null,r=0,i=!1,a=!1,o=new Zu,s=new Y,c={value:null,needsUpdate:!1};this.uniform=c,this.numPlanes=0,this.numIntersection=0,this.init=function(e,t){let n=e.length!==0||t||r!==0||i;return i=t,r=e.length,n},this.beginShadows=function(){a=!0,u(null)},this.endShadows=function(){a=!1},this.setGlobalState=function(e,t){n=u(e,t,0)},this.setState=function(t,o,s){let d=t.clippingPlanes,f=t.clipIntersection,p=t.clipShadows,m=e.get(t);if(!i||d===null||d.length===0||a&&!p)a?u(null):l();else{let e=a?0:r,t=e*4,i=m.clippingState||null;c.value=i,i=u(d,o,t,s);for(let e=0;e!==t;++e)i[e]=n[e];m.clippingState=i,this.numIntersection=f?this.numPlanes:0,this.numPlanes+=e}};function l(){c.value!==n&&(c.value=n,c.needsUpdate=r>0),t.numPlanes=r,t.numIntersection=0}function u(e,n,r,i){let a=e===null?0:e.length,l=null;if(a!==0){if(l=c.value,i!==!0||l===null){let t=r+a*4,i=n.matrixWorldInverse;s.getNormalMatrix(i),(l===null||l.length<t)&&(l=new Float32Array(t));for(let t=0,n=r;t!==a;++t,n+=4)o.copy(e[t]).applyMatrix4(i,s),o.normal.toArray(l,n),l[n+3]=o.constant}c.value=l,c.needsUpdate=!0}return t.numPlanes=a,t.numIntersection=0,l}}var ap=class extends ml{constructor(e=1,t={}){super(e,e,t),this.isWebGLCubeRenderTarget=!0;let n={width:e,height:e,depth:1},r=[n,n,n,n,n,n];this.texture=new Fd(r),this._setTextureOptions(t),this.texture.isRenderTargetTexture=!0}fromEquirectangularTexture(e,t){this.texture.type=t.type,this.texture.colorSpace=t.colorSpace,this.texture.generateMipmaps=t.generateMipmaps,this.texture.minFilter=t.minFilter,this.texture.magFilter=t.magFilter;let n={uniforms:{tEquirect:{value:null}},vertexShader:`

				varying vec3 vWorldDirection;

				vec3 transformDirection( in vec3 dir, in mat4 matrix ) {

					return normalize( ( matrix * vec4( dir, 0.0 ) ).xyz );

				}

				void main() {

					vWorldDirection = transformDirection( position, modelMatrix );

					#include <begin_vertex>
					#include <project_vertex>

				}
			`,fragmentShader:`

				uniform sampler2D tEquirect;

				varying vec3 vWorldDirection;

				#include <common>

				void main() {

					vec3 direction = normalize( vWorldDirection );

					vec2 sampleUV = equirectUv( direction );

					gl_FragColor = texture2D( tEquirect, sampleUV );

				}
			`},r=new zd(5,5,5),i=new Yd({name:`CubemapFromEquirect`,uniforms:Vd(n.uniforms),vertexShader:n.vertexShader,fragmentShader:n.fragmentShader,side:1,blending:0});i.uniforms.tEquirect.value=t;let a=new _d(r,i),o=t.minFilter;return t.minFilter===1008&&(t.minFilter=as),new Mf(1,10,this).update(e,a),t.minFilter=o,a.geometry.dispose(),a.material.dispose(),this}clear(e,t=!0,n=!0,r=!0){let i=e.getRenderTarget();for(let i=0;i<6;i++)e.setRenderTarget(this,i),e.clear(t,n,r);e.setRenderTarget(i)}},op=256,sp=3,cp=20,lp=256,up=16,dp=3,fp=new J,pp=new Z,mp=class e{constructor(e){this._renderer=e,this._cubeSize=0,this._sourceTarget=null,this._cubeCamera=new Mf(1,10,null),this._boxMesh=new _d(new zd(5,5,5),null),this._cubemapMaterial=null,this._equirectMaterial=null,this._blurMaterial=null,this._ggxMaterial=null,this._integrationMaterial=null}fromScene(e,t=0,n=.1,r=100,i={}){let{size:a=256,position:o=fp}=i,s=this._renderer;this._setSize(a);let c=this._allocateTarget(),l=this._getSourceTarget(!0);t>0&&(l.texture.mipmapsAutoUpdate=!1);let u=s.autoClear,d=s.autoClearColor,f=s.autoClearDepth,p=s.autoClearStencil,m=e.background;s.autoClear=!0,s.autoClearColor=!0,s.autoClearDepth=!0,s.autoClearStencil=!0,m===null&&(e.background=s.getClearColor(pp));let h=new Mf(n,r,l);return h.position.copy(o),h.update(s,e),s.autoClear=u,s.autoClearColor=d,s.autoClearDepth=f,s.autoClearStencil=p,e.background=m,t>0&&(l.texture.mipmapsAutoUpdate=!0,this._blur(c,t)),this._applyPMREM(c),c}fromEquirectangular(e,t=null){return this._fromTexture(e,t)}fromCubemap(e,t=null){return this._fromTexture(e,t)}compileCubemapShader(){this._cubemapMaterial===null&&(this._cubemapMaterial=xp(),this._compileMaterial(this._cubemapMaterial))}compileEquirectangularShader(){this._equirectMaterial===null&&(this._equirectMaterial=bp(),this._compileMaterial(this._equirectMaterial))}dispose(){this._sourceTarget!==null&&this._sourceTarget.dispose(),this._cubemapMaterial!==null&&this._cubemapMaterial.dispose(),this._equirectMaterial!==null&&this._equirectMaterial.dispose(),this._blurMaterial!==null&&this._blurMaterial.dispose(),this._ggxMaterial!==null&&this._ggxMaterial.dispose(),this._integrationMaterial!==null&&this._integrationMaterial.dispose(),this._boxMesh.geometry.dispose()}static lodToRoughness(e,t){return t>0?1-Math.sqrt(1-e/t):0}_setSize(e){this._cubeSize=Math.max(op,Gc(e))}_fromTexture(e,t){e.mapping===301||e.mapping===302?this._setSize(e.image.length===0?op:e.image[0].width||e.image[0].image.width):this._setSize(e.image.width/4);let n=t||this._allocateTarget();return this._textureToCubemap(e),this._applyPMREM(n),n}_allocateTarget(){let e=this._cubeSize,t=hp(e,!1,!1),n=Math.log2(e)-sp;for(let r=0;r<=n;r++)t.texture.mipmaps.push({width:e>>r,height:e>>r});return t.texture.name=`PMREM`,t.texture.isPMREMTexture=!0,t}_getSourceTarget(e=!1){let t=this._cubeSize,n=this._sourceTarget;return(n===null||n.width!==t||e&&n.depthBuffer===!1)&&(n!==null&&n.dispose(),this._sourceTarget=hp(t,!0,e)),this._sourceTarget}_compileMaterial(e){this._boxMesh.material=e,this._renderer.compile(this._boxMesh,this._cubeCamera.children[0])}_renderCube(e,t,n){let r=this._boxMesh,i=this._cubeCamera;r.material=n,i.renderTarget=e,i.activeMipmapLevel=t;let a=e.width>>t;e.viewport.set(0,0,a,a),i.update(this._renderer,r),e.viewport.set(0,0,e.width,e.height)}_textureToCubemap(e){let t;e.mapping===301||e.mapping===302?(this._cubemapMaterial===null&&(this._cubemapMaterial=xp()),t=this._cubemapMaterial,t.uniforms.flipEnvMap.value=e.isRenderTargetTexture===!1?-1:1):(this._equirectMaterial===null&&(this._equirectMaterial=bp()),t=this._equirectMaterial),t.uniforms.envMap.value=e,this._renderCube(this._getSourceTarget(),0,t)}_applyPMREM(t){this._ggxMaterial===null&&(this._ggxMaterial=_p(),this._integrationMaterial=vp());let n=this._cubeSize,r=t.texture.mipmaps.length-1,i=this._ggxMaterial.uniforms;i.envMap.value=this._sourceTarget.texture;let a=this._integrationMaterial.uniforms;a.envMap.value=this._sourceTarget.texture,a.sourceLod.value=Math.log2(n/up);for(let o=0;o<=r;o++){let s=e.lodToRoughness(o,r);if(o>r-dp)a.roughness.value=s,this._renderCube(t,o,this._integrationMaterial);else{let e=s>0?Math.log2(n)+.5*Math.log2(6/(lp*s**4))+.5:0;i.roughness.value=s,i.lodBias.value=e,this._renderCube(t,o,this._ggxMaterial)}}}_blur(e,t){this._blurMaterial===null&&(this._blurMaterial=yp());let n=this._blurMaterial,r=n.uniforms,i=this._sourceTarget;r.sigma.value=Math.min(t,Math.PI)/Math.SQRT2,r.envMap.value=i.texture,this._renderCube(e,0,n),r.envMap.value=e.texture,this._renderCube(i,0,n)}};function hp(e,t,n){return new ap(e,{minFilter:ss,generateMipmaps:t,type:hs,colorSpace:Sc,depthBuffer:n})}function gp(e,t,n){return new Yd({name:e,uniforms:t,vertexShader:Q.cube_vert,fragmentShader:n,side:1,blending:0,depthTest:!1,depthWrite:!1})}function _p(){return gp(`PMREMGGXConvolution`,{envMap:{value:null},roughness:{value:0},lodBias:{value:0}},`

		#define GGX_SAMPLES ${lp}u

		varying vec3 vWorldDirection;

		uniform samplerCube envMap;
		uniform float roughness;
		uniform float lodBias;

		#include <common>

		// Van der Corput radical inverse
		float radicalInverse_VdC( uint bits ) {

			bits = ( bits << 16u ) | ( bits >> 16u );
			bits = ( ( bits & 0x55555555u ) << 1u ) | ( ( bits & 0xAAAAAAAAu ) >> 1u );
			bits = ( ( bits & 0x33333333u ) << 2u ) | ( ( bits & 0xCCCCCCCCu ) >> 2u );
			bits = ( ( bits & 0x0F0F0F0Fu ) << 4u ) | ( ( bits & 0xF0F0F0F0u ) >> 4u );
			bits = ( ( bits & 0x00FF00FFu ) << 8u ) | ( ( bits & 0xFF00FF00u ) >> 8u );
			return float( bits ) * 2.3283064365386963e-10; // / 0x100000000

		}

		// Hammersley sequence
		vec2 hammersley( uint i, uint N ) {

			return vec2( float( i ) / float( N ), radicalInverse_VdC( i ) );

		}

		void main() {

			vec3 N = normalize( vWorldDirection );

			// For very low roughness, just sample the environment directly
			if ( roughness < 0.001 ) {

				gl_FragColor = vec4( textureLod( envMap, N, 0.0 ).rgb, 1.0 );
				return;

			}

			float alpha = roughness * roughness;
			float alpha2 = alpha * alpha;

			// Tangent space basis for VNDF sampling
			vec3 up = abs( N.z ) < 0.999 ? vec3( 0.0, 0.0, 1.0 ) : vec3( 1.0, 0.0, 0.0 );
			vec3 tangent = normalize( cross( up, N ) );
			vec3 bitangent = cross( N, tangent );

			vec3 prefilteredColor = vec3( 0.0 );
			float totalWeight = 0.0;

			for ( uint i = 0u; i < GGX_SAMPLES; i ++ ) {

				vec2 Xi = hammersley( i, GGX_SAMPLES );

				// With V = N, sample the reflected direction directly.
				float invQ = 1.0 / ( 1.0 - Xi.x + alpha2 * Xi.x );
				float NdotL = ( 1.0 - Xi.x - alpha2 * Xi.x ) * invQ;

				if ( NdotL > 0.0 ) {

					float phi = 2.0 * PI * Xi.y;
					float sinTheta = 2.0 * alpha * sqrt( Xi.x * ( 1.0 - Xi.x ) ) * invQ;
					vec3 L = N * NdotL + ( tangent * cos( phi ) + bitangent * sin( phi ) ) * sinTheta;

					// Match the source mip to the sample's solid angle. The terms
					// independent of the sample are precomputed in lodBias.
					float d = alpha2 * invQ;
					float lod = max( log2( d ) + lodBias, 0.0 );

					// Weight by NdotL for the split-sum approximation
					prefilteredColor += textureLod( envMap, L, lod ).rgb * NdotL;
					totalWeight += NdotL;

				}

			}

			gl_FragColor = vec4( prefilteredColor / totalWeight, 1.0 );

		}
	`)}function vp(){return gp(`PMREMGGXIntegration`,{envMap:{value:null},roughness:{value:0},sourceLod:{value:0},sourceSize:{value:up}},`

		varying vec3 vWorldDirection;

		uniform samplerCube envMap;
		uniform float roughness;
		uniform float sourceLod;
		uniform int sourceSize;

		void main() {

			vec3 N = normalize( vWorldDirection );

			float alpha = roughness * roughness;
			float alpha2 = alpha * alpha;

			float texelSize = 2.0 / float( sourceSize );

			vec3 prefilteredColor = vec3( 0.0 );
			float totalWeight = 0.0;

			// Pair opposite texels: only the one in N's hemisphere contributes.
			for ( int face = 0; face < 3; face ++ ) {

				for ( int y = 0; y < sourceSize; y ++ ) {

					for ( int x = 0; x < sourceSize; x ++ ) {

						vec2 uv = ( vec2( x, y ) + 0.5 ) * texelSize - 1.0;
						vec3 texelDirection = face == 0 ? vec3( 1.0, uv ) : ( face == 1 ? vec3( uv.x, 1.0, uv.y ) : vec3( uv, 1.0 ) );

						float invDistance = inversesqrt( 1.0 + dot( uv, uv ) );
						float NdotL = dot( N, texelDirection );
						texelDirection *= NdotL < 0.0 ? - 1.0 : 1.0;
						NdotL = abs( NdotL ) * invDistance;

						// With V = N, NdotH squared is ( 1 + NdotL ) / 2. Common factors
						// in the GGX distribution and texel solid angle cancel when normalized.
						float d = 1.0 + alpha2 + ( alpha2 - 1.0 ) * NdotL;
						float weight = NdotL * invDistance * invDistance * invDistance / ( d * d );

						prefilteredColor += textureLod( envMap, texelDirection, sourceLod ).rgb * weight;
						totalWeight += weight;

					}

				}

			}

			gl_FragColor = vec4( prefilteredColor / totalWeight, 1.0 );

		}
	`)}function yp(){return gp(`PMREMSphericalGaussianBlur`,{envMap:{value:null},sigma:{value:0}},`

		#define SAMPLES ${cp}
		#define GOLDEN_ANGLE 2.39996322973

		varying vec3 vWorldDirection;

		uniform samplerCube envMap;
		uniform float sigma;

		#include <common>

		void main() {

			vec3 outputDirection = normalize( vWorldDirection );

			vec3 up = abs( outputDirection.z ) < 0.999 ? vec3( 0.0, 0.0, 1.0 ) : vec3( 1.0, 0.0, 0.0 );
			vec3 tangent = normalize( cross( up, outputDirection ) );
			vec3 bitangent = cross( outputDirection, tangent );

			// Truncate the kernel at three standard deviations or at the antipode.
			float thetaMax = min( 3.0 * sigma, PI );
			float truncation = 1.0 - exp( - 0.5 * thetaMax * thetaMax / ( sigma * sigma ) );

			vec3 accumColor = vec3( 0.0 );
			float accumWeight = 0.0;

			for ( int i = 0; i < SAMPLES; i ++ ) {

				// Stratified inverse-CDF sampling of the Gaussian, placed on a golden-angle spiral.
				float stratum = ( float( i ) + 0.5 ) / float( SAMPLES );
				float theta = sigma * sqrt( - 2.0 * log( 1.0 - stratum * truncation ) );
				float phi = float( i ) * GOLDEN_ANGLE;

				vec3 offset = cos( phi ) * tangent + sin( phi ) * bitangent;
				vec3 sampleDirection = cos( theta ) * outputDirection + sin( theta ) * offset;

				// Correct the planar sample density to solid angle.
				float weight = sin( theta ) / theta;

				accumColor += weight * textureLod( envMap, sampleDirection, 0.0 ).rgb;
				accumWeight += weight;

			}

			gl_FragColor = vec4( accumColor / accumWeight, 1.0 );

		}
	`)}function bp(){return gp(`PMREMEquirectangularToCubemap`,{envMap:{value:null}},`

		varying vec3 vWorldDirection;

		uniform sampler2D envMap;

		#include <common>

		void main() {

			// Average four subpixel samples to preserve small, bright features.
			vec3 direction = normalize( vWorldDirection );
			vec3 dx = dFdx( direction ) * 0.25;
			vec3 dy = dFdy( direction ) * 0.25;

			vec3 color = textureLod( envMap, equirectUv( normalize( direction - dx - dy ) ), 0.0 ).rgb;
			color += textureLod( envMap, equirectUv( normalize( direction + dx - dy ) ), 0.0 ).rgb;
			color += textureLod( envMap, equirectUv( normalize( direction - dx + dy ) ), 0.0 ).rgb;
			color += textureLod( envMap, equirectUv( normalize( direction + dx + dy ) ), 0.0 ).rgb;
			gl_FragColor = vec4( color * 0.25, 1.0 );

		}
	`)}function xp(){return gp(`PMREMCubemapToCubemap`,{envMap:{value:null},flipEnvMap:{value:-1}},`

		varying vec3 vWorldDirection;

		uniform samplerCube envMap;
		uniform float flipEnvMap;

		void main() {

			gl_FragColor = vec4( textureCube( envMap, vec3( flipEnvMap * vWorldDirection.x, vWorldDirection.yz ) ).rgb, 1.0 );

		}
	`)}function Sp(e){let t=new WeakMap,n=new WeakMap,r=null;function i(e,t=!1){return e==null?null:t?o(e):a(e)}function a(n){if(n&&n.isTexture){let r=n.mapping;if(r===303||r===304){if(t.has(n)){let e=t.get(n).texture;return s(e,n.mapping)}{let r=n.image;if(r&&r.height>0){let i=new ap(r.height);return i.fromEquirectangularTexture(e,n),t.set(n,i),n.addEventListener(`dispose`,l),s(i.texture,n.mapping)}return null}}}return n}function o(t){if(t&&t.isTexture&&t.isPMREMTexture!==!0){let i=t.mapping,a=i===303||i===304,o=i===301||i===302;if(a||o){let i=n.get(t),s=i===void 0?0:i.texture.pmremVersion;if(t.isRenderTargetTexture&&t.pmremVersion!==s)return r===null&&(r=new mp(e)),i=a?r.fromEquirectangular(t,i):r.fromCubemap(t,i),i.texture.pmremVersion=t.pmremVersion,n.set(t,i),i.texture;if(i!==void 0)return i.texture;{let s=t.image;return a&&s&&s.height>0||o&&s&&c(s)?(r===null&&(r=new mp(e)),i=a?r.fromEquirectangular(t):r.fromCubemap(t),i.texture.pmremVersion=t.pmremVersion,n.set(t,i),t.addEventListener(`dispose`,u),i.texture):null}}}return t}function s(e,t){return t===303?e.mapping=301:t===304&&(e.mapping=302),e}function c(e){let t=0;for(let n=0;n<6;n++)e[n]!==void 0&&t++;return t===6}function l(e){let n=e.target;n.removeEventListener(`dispose`,l);let r=t.get(n);r!==void 0&&(t.delete(n),r.dispose())}function u(e){let t=e.target;t.removeEventListener(`dispose`,u);let r=n.get(t);r!==void 0&&(n.delete(t),r.dispose())}function d(){t=new WeakMap,n=new WeakMap,r!==null&&(r.dispose(),r=null)}return{get:i,dispose:d}}function Cp(e){let t={};function n(n){if(t[n]!==void 0)return t[n];let r=e.getExtension(n);return t[n]=r,r}return{has:function(e){return n(e)!==null},init:function(){n(`EXT_color_buffer_float`),n(`WEBGL_clip_cull_distance`),n(`OES_texture_float_linear`),n(`EXT_color_buffer_half_float`),n(`WEBGL_multisampled_render_to_texture`),n(`WEBGL_render_shared_exponent`)},get:function(e){let t=n(e);return t===null&&Fc(`WebGLRenderer: `+e+` extension not supported.`),t}}}function wp(e,t,n,r){let i={},a=new WeakMap,o=new FinalizationRegistry(e=>delete i[e]);function s(e){c(e.target)}function c(e){e.index!==null&&t.remove(e.index);for(let n in e.attributes)t.remove(e.attributes[n]);e.removeEventListener(`dispose`,s),delete i[e.id],o.unregister(e);let c=a.get(e);c&&(t.remove(c),a.delete(e)),r.releaseStatesOfGeometry(e),e.isInstancedBufferGeometry===!0&&delete e._maxInstanceCount,n.memory.geometries--}function l(e,t){return i[t.id]===void 0&&(t.addEventListener(`dispose`,s),i[t.id]=new WeakRef(t),o.register(t,t.id,t),n.memory.geometries++),t}function u(n){let r=n.attributes;for(let n in r)t.update(r[n],e.ARRAY_BUFFER)}function d(e){let n=e.index,r=e.attributes.position,i=0;if(r===void 0)return;let o=n===null?r.array.length/3-1:n.array.length,s=new(r.count>=65535?Pu:Nu)(Math.ceil(o/3)*6,1),c=s.array;if(n!==null){let e=n.array;i=n.version;for(let t=0,n=0;t<o;t+=3){let r=e[t+0],i=e[t+1],a=e[t+2];c[n++]=r,c[n++]=i,c[n++]=i,c[n++]=a,c[n++]=a,c[n++]=r}}else{i=r.version;for(let e=0,t=0;e<o;e+=3){let n=e+0,r=e+1,i=e+2;c[t++]=n,c[t++]=r,c[t++]=r,c[t++]=i,c[t++]=i,c[t++]=n}}s.version=i;let l=a.get(e);l&&t.remove(l),a.set(e,s)}function f(e){let t=a.get(e);if(t){let n=e.index;n!==null&&t.version<n.version&&d(e)}else d(e);return a.get(e)}function p(){for(let e in i){let t=i[e].deref();t!==void 0&&c(t)}}return{get:l,update:u,getWireframeAttribute:f,dispose:p}}function Tp(e,t,n){let r;function i(e){r=e}let a,o;function s(e){a=e.type,o=e.bytesPerElement}function c(t,i){e.drawElements(r,i,a,t*o),n.update(i,r,1)}function l(t,i,s){s!==0&&(e.drawElementsInstanced(r,i,a,t*o,s),n.update(i,r,s))}function u(e,i,o){if(o===0)return;t.get(`WEBGL_multi_draw`).multiDrawElementsWEBGL(r,i,0,a,e,0,o);let s=0;for(let e=0;e<o;e++)s+=i[e];n.update(s,r,1)}this.setMode=i,this.setIndex=s,this.render=c,this.renderInstances=l,this.renderMultiDraw=u}function Ep(e){let t={geometries:0,textures:0},n={frame:0,calls:0,triangles:0,points:0,lines:0};function r(t,r,i){switch(n.calls++,r){case e.TRIANGLES:n.triangles+=t/3*i;break;case e.LINES:n.lines+=t/2*i;break;case e.LINE_STRIP:n.lines+=i*(t-1);break;case e.LINE_LOOP:n.lines+=i*t;break;case e.POINTS:n.points+=i*t;break;default:G(`WebGLInfo: Unknown draw mode:`,r)}}function i(){n.calls=0,n.triangles=0,n.points=0,n.lines=0}return{memory:t,render:n,programs:null,autoReset:!0,reset:i,update:r}}function Dp(e,t,n){let r=new WeakMap,i=new fl;function a(a,o,s){let c=a.morphTargetInfluences,l=o.morphAttributes.position||o.morphAttributes.normal||o.morphAttributes.color,u=l===void 0?0:l.length,d=r.get(o);if(d===void 0||d.count!==u){d!==void 0&&d.texture.dispose();let e=o.morphAttributes.position!==void 0,n=o.morphAttributes.normal!==void 0,a=o.morphAttributes.color!==void 0,s=o.morphAttributes.position||[],c=o.morphAttributes.normal||[],l=o.morphAttributes.color||[],f=0;e===!0&&(f=1),n===!0&&(f=2),a===!0&&(f=3);let p=o.attributes.position.count*f,m=1;p>t.maxTextureSize&&(m=Math.ceil(p/t.maxTextureSize),p=t.maxTextureSize);let h=new Float32Array(p*m*4*u),g=new hl(h,p,m,u);g.type=ms,g.needsUpdate=!0;let _=f*4;for(let t=0;t<u;t++){let r=s[t],o=c[t],u=l[t],d=p*m*4*t;for(let t=0;t<r.count;t++){let s=t*_;e===!0&&(i.fromBufferAttribute(r,t),h[d+s+0]=i.x,h[d+s+1]=i.y,h[d+s+2]=i.z,h[d+s+3]=0),n===!0&&(i.fromBufferAttribute(o,t),h[d+s+4]=i.x,h[d+s+5]=i.y,h[d+s+6]=i.z,h[d+s+7]=0),a===!0&&(i.fromBufferAttribute(u,t),h[d+s+8]=i.x,h[d+s+9]=i.y,h[d+s+10]=i.z,h[d+s+11]=u.itemSize===4?i.w:1)}}d={count:u,texture:g,size:new q(p,m)},r.set(o,d);function v(){g.dispose(),r.delete(o),o.removeEventListener(`dispose`,v)}o.addEventListener(`dispose`,v)}if(a.isInstancedMesh===!0&&a.morphTexture!==null)s.getUniforms().setValue(e,`morphTexture`,a.morphTexture,n);else{let t=0;for(let e=0;e<c.length;e++)t+=c[e];let n=o.morphTargetsRelative?1:1-t;s.getUniforms().setValue(e,`morphTargetBaseInfluence`,n),s.getUniforms().setValue(e,`morphTargetInfluences`,c)}s.getUniforms().setValue(e,`morphTargetsTexture`,d.texture,n),s.getUniforms().setValue(e,`morphTargetsTextureSize`,d.size)}return{update:a}}function Op(e,t,n,r,i){let a=new WeakMap;function o(r){let o=i.render.frame,s=r.geometry,l=t.get(r,s);if(a.get(l)!==o&&(t.update(l),a.set(l,o)),r.isInstancedMesh&&(r.hasEventListener(`dispose`,c)===!1&&r.addEventListener(`dispose`,c),a.get(r)!==o&&(n.update(r.instanceMatrix,e.ARRAY_BUFFER),r.instanceColor!==null&&n.update(r.instanceColor,e.ARRAY_BUFFER),a.set(r,o))),r.isSkinnedMesh){let e=r.skeleton;a.get(e)!==o&&(e.update(),a.set(e,o))}return l}function s(){a=new WeakMap}function c(e){let t=e.target;t.removeEventListener(`dispose`,c),r.releaseStatesOfObject(t),n.remove(t.instanceMatrix),t.instanceColor!==null&&n.remove(t.instanceColor)}return{update:o,dispose:s}}var kp={1:`LINEAR_TONE_MAPPING`,2:`REINHARD_TONE_MAPPING`,3:`CINEON_TONE_MAPPING`,4:`ACES_FILMIC_TONE_MAPPING`,6:`AGX_TONE_MAPPING`,7:`NEUTRAL_TONE_MAPPING`,5:`CUSTOM_TONE_MAPPING`};function Ap(e,t,n,r,i,a){let o=new ml(t,n,{type:e,depthBuffer:i,stencilBuffer:a,samples:r?4:0,storeMultisampledDepthBuffer:!1,storeMultisampledStencilBuffer:!1,resolveDepthBuffer:!1,resolveStencilBuffer:!1}),s=null,c=null,l=null,u=new qu;u.setAttribute(`position`,new Fu([-1,3,0,-1,-1,0,3,-1,0],3)),u.setAttribute(`uv`,new Fu([0,2,0,0,2,0],2));let d=new Xd({uniforms:{tDiffuse:{value:null}},vertexShader:`
			precision highp float;

			uniform mat4 modelViewMatrix;
			uniform mat4 projectionMatrix;

			attribute vec3 position;
			attribute vec2 uv;

			varying vec2 vUv;

			void main() {
				vUv = uv;
				gl_Position = projectionMatrix * modelViewMatrix * vec4( position, 1.0 );
			}`,fragmentShader:`
			precision highp float;

			uniform sampler2D tDiffuse;

			varying vec2 vUv;

			#include <tonemapping_pars_fragment>
			#include <colorspace_pars_fragment>

			void main() {
				gl_FragColor = texture2D( tDiffuse, vUv );

				#ifdef LINEAR_TONE_MAPPING
					gl_FragColor.rgb = LinearToneMapping( gl_FragColor.rgb );
				#elif defined( REINHARD_TONE_MAPPING )
					gl_FragColor.rgb = ReinhardToneMapping( gl_FragColor.rgb );
				#elif defined( CINEON_TONE_MAPPING )
					gl_FragColor.rgb = CineonToneMapping( gl_FragColor.rgb );
				#elif defined( ACES_FILMIC_TONE_MAPPING )
					gl_FragColor.rgb = ACESFilmicToneMapping( gl_FragColor.rgb );
				#elif defined( AGX_TONE_MAPPING )
					gl_FragColor.rgb = AgXToneMapping( gl_FragColor.rgb );
				#elif defined( NEUTRAL_TONE_MAPPING )
					gl_FragColor.rgb = NeutralToneMapping( gl_FragColor.rgb );
				#elif defined( CUSTOM_TONE_MAPPING )
					gl_FragColor.rgb = CustomToneMapping( gl_FragColor.rgb );
				#endif

				#ifdef SRGB_TRANSFER
					gl_FragColor = sRGBTransferOETF( gl_FragColor );
				#endif
			}`,depthTest:!1,depthWrite:!1}),f=new _d(u,d),p=new Of(-1,1,1,-1,0,1),m=null,h=null,g=!1,_,v=null,y=[],b=!1;this.setSize=function(e,t){o.setSize(e,t),s!==null&&s.setSize(e,t),c!==null&&c.setSize(e,t);for(let n=0;n<y.length;n++){let r=y[n];r.setSize&&r.setSize(e,t)}},this.setEffects=function(e){y=e,b=y.length>0&&y[0].isRenderPass===!0;let t=o.width,n=o.height;y.length>0&&s===null&&(s=new ml(t,n,{type:hs,depthBuffer:!1,stencilBuffer:!1}),c=new ml(t,n,{type:hs,depthBuffer:!1,stencilBuffer:!1}));let r=i===!0&&y.some(e=>e.needsDepthTexture===!0);r!==(o.depthTexture!==null)&&(r===!0&&l===null&&(l=new Id(t,n),a===!0&&(l.format=Ts,l.type=vs)),o.dispose(),o.depthTexture=r?l:null,o.resolveDepthBuffer=r,o.storeMultisampledDepthBuffer=r);for(let e=0;e<y.length;e++){let i=y[e];i.setSize&&i.setSize(t,n),r&&i.needsDepthTexture===!0&&i.setDepthTexture&&i.setDepthTexture(l)}},this.begin=function(e,t){if(g||e.toneMapping===0&&y.length===0)return!1;if(v=t,t!==null){let e=t.width,n=t.height;(o.width!==e||o.height!==n)&&this.setSize(e,n)}return b===!1&&e.setRenderTarget(o),_=e.toneMapping,e.toneMapping=0,!0},this.hasRenderPass=function(){return b},this.end=function(e,t){e.toneMapping=_,g=!0;let n=o,r=s;for(let i=0;i<y.length;i++){let a=y[i];a.enabled!==!1&&(a.render(e,r,n,t),a.needsSwap!==!1&&(n=r,r=r===s?c:s))}if(m!==e.outputColorSpace||h!==e.toneMapping){m=e.outputColorSpace,h=e.toneMapping,d.defines={},X.getTransfer(m)===`srgb`&&(d.defines.SRGB_TRANSFER=``);let t=kp[h];t&&(d.defines[t]=``),d.needsUpdate=!0}d.uniforms.tDiffuse.value=n.texture,e.setRenderTarget(v),e.render(f,p),v=null,g=!1},this.isCompositing=function(){return g},this.dispose=function(){o.dispose(),s!==null&&s.dispose(),c!==null&&c.dispose(),u.dispose(),d.dispose()}}var jp=new dl,Mp=new Id(1,1),Np=new Ld(1),Pp=new hl,Fp=new gl,Ip=new Fd,Lp=[],Rp=[],zp=new Float32Array(16),Bp=new Float32Array(9),Vp=new Float32Array(4);function Hp(e,t,n){let r=e[0];if(r<=0||r>0)return e;let i=t*n,a=Lp[i];if(a===void 0&&(a=new Float32Array(i),Lp[i]=a),t!==0){r.toArray(a,0);for(let r=1,i=0;r!==t;++r)i+=n,e[r].toArray(a,i)}return a}function Up(e,t){if(e.length!==t.length)return!1;for(let n=0,r=e.length;n<r;n++)if(e[n]!==t[n])return!1;return!0}function Wp(e,t){for(let n=0,r=t.length;n<r;n++)e[n]=t[n]}function Gp(e,t){let n=Rp[t];n===void 0&&(n=new Int32Array(t),Rp[t]=n);for(let r=0;r!==t;++r)n[r]=e.allocateTextureUnit();return n}function Kp(e,t){let n=this.cache;n[0]!==t&&(e.uniform1f(this.addr,t),n[0]=t)}function qp(e,t){let n=this.cache;if(t.x!==void 0)(n[0]!==t.x||n[1]!==t.y)&&(e.uniform2f(this.addr,t.x,t.y),n[0]=t.x,n[1]=t.y);else{if(Up(n,t))return;e.uniform2fv(this.addr,t),Wp(n,t)}}function Jp(e,t){let n=this.cache;if(t.x!==void 0)(n[0]!==t.x||n[1]!==t.y||n[2]!==t.z)&&(e.uniform3f(this.addr,t.x,t.y,t.z),n[0]=t.x,n[1]=t.y,n[2]=t.z);else if(t.r!==void 0)(n[0]!==t.r||n[1]!==t.g||n[2]!==t.b)&&(e.uniform3f(this.addr,t.r,t.g,t.b),n[0]=t.r,n[1]=t.g,n[2]=t.b);else{if(Up(n,t))return;e.uniform3fv(this.addr,t),Wp(n,t)}}function Yp(e,t){let n=this.cache;if(t.x!==void 0)(n[0]!==t.x||n[1]!==t.y||n[2]!==t.z||n[3]!==t.w)&&(e.uniform4f(this.addr,t.x,t.y,t.z,t.w),n[0]=t.x,n[1]=t.y,n[2]=t.z,n[3]=t.w);else{if(Up(n,t))return;e.uniform4fv(this.addr,t),Wp(n,t)}}function Xp(e,t){let n=this.cache,r=t.elements;if(r===void 0){if(Up(n,t))return;e.uniformMatrix2fv(this.addr,!1,t),Wp(n,t)}else{if(Up(n,r))return;Vp.set(r),e.uniformMatrix2fv(this.addr,!1,Vp),Wp(n,r)}}function Zp(e,t){let n=this.cache,r=t.elements;if(r===void 0){if(Up(n,t))return;e.uniformMatrix3fv(this.addr,!1,t),Wp(n,t)}else{if(Up(n,r))return;Bp.set(r),e.uniformMatrix3fv(this.addr,!1,Bp),Wp(n,r)}}function Qp(e,t){let n=this.cache,r=t.elements;if(r===void 0){if(Up(n,t))return;e.uniformMatrix4fv(this.addr,!1,t),Wp(n,t)}else{if(Up(n,r))return;zp.set(r),e.uniformMatrix4fv(this.addr,!1,zp),Wp(n,r)}}function $p(e,t){let n=this.cache;n[0]!==t&&(e.uniform1i(this.addr,t),n[0]=t)}function em(e,t){let n=this.cache;if(t.x!==void 0)(n[0]!==t.x||n[1]!==t.y)&&(e.uniform2i(this.addr,t.x,t.y),n[0]=t.x,n[1]=t.y);else{if(Up(n,t))return;e.uniform2iv(this.addr,t),Wp(n,t)}}function tm(e,t){let n=this.cache;if(t.x!==void 0)(n[0]!==t.x||n[1]!==t.y||n[2]!==t.z)&&(e.uniform3i(this.addr,t.x,t.y,t.z),n[0]=t.x,n[1]=t.y,n[2]=t.z);else{if(Up(n,t))return;e.uniform3iv(this.addr,t),Wp(n,t)}}function nm(e,t){let n=this.cache;if(t.x!==void 0)(n[0]!==t.x||n[1]!==t.y||n[2]!==t.z||n[3]!==t.w)&&(e.uniform4i(this.addr,t.x,t.y,t.z,t.w),n[0]=t.x,n[1]=t.y,n[2]=t.z,n[3]=t.w);else{if(Up(n,t))return;e.uniform4iv(this.addr,t),Wp(n,t)}}function rm(e,t){let n=this.cache;n[0]!==t&&(e.uniform1ui(this.addr,t),n[0]=t)}function im(e,t){let n=this.cache;if(t.x!==void 0)(n[0]!==t.x||n[1]!==t.y)&&(e.uniform2ui(this.addr,t.x,t.y),n[0]=t.x,n[1]=t.y);else{if(Up(n,t))return;e.uniform2uiv(this.addr,t),Wp(n,t)}}function am(e,t){let n=this.cache;if(t.x!==void 0)(n[0]!==t.x||n[1]!==t.y||n[2]!==t.z)&&(e.uniform3ui(this.addr,t.x,t.y,t.z),n[0]=t.x,n[1]=t.y,n[2]=t.z);else{if(Up(n,t))return;e.uniform3uiv(this.addr,t),Wp(n,t)}}function om(e,t){let n=this.cache;if(t.x!==void 0)(n[0]!==t.x||n[1]!==t.y||n[2]!==t.z||n[3]!==t.w)&&(e.uniform4ui(this.addr,t.x,t.y,t.z,t.w),n[0]=t.x,n[1]=t.y,n[2]=t.z,n[3]=t.w);else{if(Up(n,t))return;e.uniform4uiv(this.addr,t),Wp(n,t)}}function sm(e){return e.version===0&&(e.compareFunction=519,e.needsUpdate=!0),e}function cm(e,t,n){let r=this.cache,i=n.allocateTextureUnit();r[0]!==i&&(e.uniform1i(this.addr,i),r[0]=i);let a;a=this.type===e.SAMPLER_2D_SHADOW?sm(Mp):jp,n.setTexture2D(t||a,i)}function lm(e,t,n){let r=this.cache,i=n.allocateTextureUnit();r[0]!==i&&(e.uniform1i(this.addr,i),r[0]=i),n.setTexture3D(t||Fp,i)}function um(e,t,n){let r=this.cache,i=n.allocateTextureUnit();r[0]!==i&&(e.uniform1i(this.addr,i),r[0]=i);let a;a=this.type===e.SAMPLER_CUBE_SHADOW?sm(Np):Ip,n.setTextureCube(t||a,i)}function dm(e,t,n){let r=this.cache,i=n.allocateTextureUnit();r[0]!==i&&(e.uniform1i(this.addr,i),r[0]=i),n.setTexture2DArray(t||Pp,i)}function fm(e){switch(e){case 5126:return Kp;case 35664:return qp;case 35665:return Jp;case 35666:return Yp;case 35674:return Xp;case 35675:return Zp;case 35676:return Qp;case 5124:case 35670:return $p;case 35667:case 35671:return em;case 35668:case 35672:return tm;case 35669:case 35673:return nm;case 5125:return rm;case 36294:return im;case 36295:return am;case 36296:return om;case 35678:case 36198:case 36298:case 36306:case 35682:return cm;case 35679:case 36299:case 36307:return lm;case 35680:case 36300:case 36308:case 36293:return um;case 36289:case 36303:case 36311:case 36292:return dm}}function pm(e,t){e.uniform1fv(this.addr,t)}function mm(e,t){let n=Hp(t,this.size,2);e.uniform2fv(this.addr,n)}function hm(e,t){let n=Hp(t,this.size,3);e.uniform3fv(this.addr,n)}function gm(e,t){let n=Hp(t,this.size,4);e.uniform4fv(this.addr,n)}function _m(e,t){let n=Hp(t,this.size,4);e.uniformMatrix2fv(this.addr,!1,n)}function vm(e,t){let n=Hp(t,this.size,9);e.uniformMatrix3fv(this.addr,!1,n)}function ym(e,t){let n=Hp(t,this.size,16);e.uniformMatrix4fv(this.addr,!1,n)}function bm(e,t){e.uniform1iv(this.addr,t)}function xm(e,t){e.uniform2iv(this.addr,t)}function Sm(e,t){e.uniform3iv(this.addr,t)}function Cm(e,t){e.uniform4iv(this.addr,t)}function wm(e,t){e.uniform1uiv(this.addr,t)}function Tm(e,t){e.uniform2uiv(this.addr,t)}function Em(e,t){e.uniform3uiv(this.addr,t)}function Dm(e,t){e.uniform4uiv(this.addr,t)}function Om(e,t,n){let r=this.cache,i=t.length,a=Gp(n,i);Up(r,a)||(e.uniform1iv(this.addr,a),Wp(r,a));let o;o=this.type===e.SAMPLER_2D_SHADOW?sm(Mp):jp;for(let e=0;e!==i;++e)n.setTexture2D(t[e]||o,a[e])}function km(e,t,n){let r=this.cache,i=t.length,a=Gp(n,i);Up(r,a)||(e.uniform1iv(this.addr,a),Wp(r,a));for(let e=0;e!==i;++e)n.setTexture3D(t[e]||Fp,a[e])}function Am(e,t,n){let r=this.cache,i=t.length,a=Gp(n,i);Up(r,a)||(e.uniform1iv(this.addr,a),Wp(r,a));let o;o=this.type===e.SAMPLER_CUBE_SHADOW?sm(Np):Ip;for(let e=0;e!==i;++e)n.setTextureCube(t[e]||o,a[e])}function jm(e,t,n){let r=this.cache,i=t.length,a=Gp(n,i);Up(r,a)||(e.uniform1iv(this.addr,a),Wp(r,a));for(let e=0;e!==i;++e)n.setTexture2DArray(t[e]||Pp,a[e])}function Mm(e){switch(e){case 5126:return pm;case 35664:return mm;case 35665:return hm;case 35666:return gm;case 35674:return _m;case 35675:return vm;case 35676:return ym;case 5124:case 35670:return bm;case 35667:case 35671:return xm;case 35668:case 35672:return Sm;case 35669:case 35673:return Cm;case 5125:return wm;case 36294:return Tm;case 36295:return Em;case 36296:return Dm;case 35678:case 36198:case 36298:case 36306:case 35682:return Om;case 35679:case 36299:case 36307:return km;case 35680:case 36300:case 36308:case 36293:return Am;case 36289:case 36303:case 36311:case 36292:return jm}}var Nm=class{constructor(e,t,n){this.id=e,this.addr=n,this.cache=[],this.type=t.type,this.setValue=fm(t.type)}},Pm=class{constructor(e,t,n){this.id=e,this.addr=n,this.cache=[],this.type=t.type,this.size=t.size,this.setValue=Mm(t.type)}},Fm=class{constructor(e){this.id=e,this.seq=[],this.map={}}setValue(e,t,n){let r=this.seq;for(let i=0,a=r.length;i!==a;++i){let a=r[i];a.setValue(e,t[a.id],n)}}},Im=/(\w+)(\])?(\[|\.)?/g;function Lm(e,t){e.seq.push(t),e.map[t.id]=t}function Rm(e,t,n){let r=e.name,i=r.length;for(Im.lastIndex=0;;){let a=Im.exec(r),o=Im.lastIndex,s=a[1],c=a[2]===`]`,l=a[3];if(c&&(s|=0),l===void 0||l===`[`&&o+2===i){Lm(n,l===void 0?new Nm(s,e,t):new Pm(s,e,t));break}{let e=n.map[s];e===void 0&&(e=new Fm(s),Lm(n,e)),n=e}}}var zm=class{constructor(e,t){this.seq=[],this.map={};let n=e.getProgramParameter(t,e.ACTIVE_UNIFORMS);for(let r=0;r<n;++r){let n=e.getActiveUniform(t,r);Rm(n,e.getUniformLocation(t,n.name),this)}let r=[],i=[];for(let t of this.seq)t.type===e.SAMPLER_2D_SHADOW||t.type===e.SAMPLER_CUBE_SHADOW||t.type===e.SAMPLER_2D_ARRAY_SHADOW?r.push(t):i.push(t);r.length>0&&(this.seq=r.concat(i))}setValue(e,t,n,r){let i=this.map[t];i!==void 0&&i.setValue(e,n,r)}setOptional(e,t,n){let r=t[n];r!==void 0&&this.setValue(e,n,r)}static upload(e,t,n,r){for(let i=0,a=t.length;i!==a;++i){let a=t[i],o=n[a.id];o.needsUpdate!==!1&&a.setValue(e,o.value,r)}}static seqWithValue(e,t){let n=[];for(let r=0,i=e.length;r!==i;++r){let i=e[r];i.id in t&&n.push(i)}return n}};function Bm(e,t,n){let r=e.createShader(t);return e.shaderSource(r,n),e.compileShader(r),r}var Vm=37297,Hm=0;function Um(e,t){let n=e.split(`
`),r=[],i=Math.max(t-6,0),a=Math.min(t+6,n.length);for(let e=i;e<a;e++){let i=e+1;r.push(`${i===t?`>`:` `} ${i}: ${n[e]}`)}return r.join(`
`)}var Wm=new Y;function Gm(e){X._getMatrix(Wm,X.workingColorSpace,e);let t=`mat3( ${Wm.elements.map(e=>e.toFixed(4))} )`;switch(X.getTransfer(e)){case Cc:return[t,`LinearTransferOETF`];case wc:return[t,`sRGBTransferOETF`];default:return W(`WebGLProgram: Unsupported color space: `,e),[t,`LinearTransferOETF`]}}function Km(e,t,n){let r=e.getShaderParameter(t,e.COMPILE_STATUS),i=(e.getShaderInfoLog(t)||``).trim();if(r&&i===``)return``;let a=/ERROR: 0:(\d+)/.exec(i);if(a){let r=parseInt(a[1]);return n.toUpperCase()+`

`+i+`

`+Um(e.getShaderSource(t),r)}return i}function qm(e,t){let n=Gm(t);return[`vec4 ${e}( vec4 value ) {`,`	return ${n[1]}( vec4( ${n[0]} * value.rgb, value.a ) );`,`}`].join(`
`)}var Jm={1:`Linear`,2:`Reinhard`,3:`Cineon`,4:`ACESFilmic`,6:`AgX`,7:`Neutral`,5:`Custom`};function Ym(e,t){let n=Jm[t];return n===void 0?(W(`WebGLProgram: Unsupported toneMapping:`,t),`vec3 `+e+`( vec3 color ) { return LinearToneMapping( color ); }`):`vec3 `+e+`( vec3 color ) { return `+n+`ToneMapping( color ); }`}var Xm=new J;function Zm(){return X.getLuminanceCoefficients(Xm),[`float luminance( const in vec3 rgb ) {`,`	const vec3 weights = vec3( ${Xm.x.toFixed(4)}, ${Xm.y.toFixed(4)}, ${Xm.z.toFixed(4)} );`,`	return dot( weights, rgb );`,`}`].join(`
`)}function Qm(e){return[e.extensionClipCullDistance?`#extension GL_ANGLE_clip_cull_distance : require`:``,e.extensionMultiDraw?`#extension GL_ANGLE_multi_draw : require`:``].filter(th).join(`
`)}function $m(e){let t=[];for(let n in e){let r=e[n];r!==!1&&t.push(`#define `+n+` `+r)}return t.join(`
`)}function eh(e,t){let n={},r=e.getProgramParameter(t,e.ACTIVE_ATTRIBUTES);for(let i=0;i<r;i++){let r=e.getActiveAttrib(t,i),a=r.name,o=1;r.type===e.FLOAT_MAT2&&(o=2),r.type===e.FLOAT_MAT3&&(o=3),r.type===e.FLOAT_MAT4&&(o=4),n[a]={type:r.type,location:e.getAttribLocation(t,a),locationSize:o}}return n}function th(e){return e!==``}function nh(e,t){let n=t.numSpotLightShadows+t.numSpotLightMaps-t.numSpotLightShadowsWithMaps;return e.replace(/NUM_SUN_LIGHTS/g,t.numSunLights).replace(/NUM_DIR_LIGHTS/g,t.numDirLights).replace(/NUM_SPOT_LIGHTS/g,t.numSpotLights).replace(/NUM_SPOT_LIGHT_MAPS/g,t.numSpotLightMaps).replace(/NUM_SPOT_LIGHT_COORDS/g,n).replace(/NUM_RECT_AREA_LIGHTS/g,t.numRectAreaLights).replace(/NUM_POINT_LIGHTS/g,t.numPointLights).replace(/NUM_HEMI_LIGHTS/g,t.numHemiLights).replace(/NUM_SUN_LIGHT_SHADOWS/g,t.numSunLightShadows).replace(/NUM_DIR_LIGHT_SHADOWS/g,t.numDirLightShadows).replace(/NUM_SPOT_LIGHT_SHADOWS_WITH_MAPS/g,t.numSpotLightShadowsWithMaps).replace(/NUM_SPOT_LIGHT_SHADOWS/g,t.numSpotLightShadows).replace(/NUM_POINT_LIGHT_SHADOWS/g,t.numPointLightShadows).replace(/NUM_LIGHT_PROBE_GRIDS/g,t.numLightProbeGrids)}function rh(e,t){return e.replace(/NUM_CLIPPING_PLANES/g,t.numClippingPlanes).replace(/UNION_CLIPPING_PLANES/g,t.numClippingPlanes-t.numClipIntersection)}var ih=/^[ \t]*#include +<([\w\d./]+)>/gm;function ah(e){return e.replace(ih,oh)}function oh(e,t){let n=Q[t];if(n===void 0)throw Error(`THREE.WebGLProgram: Can not resolve #include <`+t+`>`);return ah(n)}var sh=/#pragma unroll_loop_start\s+for\s*\(\s*int\s+i\s*=\s*(\d+)\s*;\s*i\s*<\s*(\d+)\s*;\s*i\s*\+\+\s*\)\s*{([\s\S]+?)}\s+#pragma unroll_loop_end/g;function ch(e){return e.replace(sh,lh)}function lh(e,t,n,r){let i=``;for(let e=parseInt(t);e<parseInt(n);e++)i+=r.replace(/\[\s*i\s*\]/g,`[ `+e+` ]`).replace(/UNROLLED_LOOP_INDEX/g,e);return i}function uh(e){let t=`precision ${e.precision} float;
	precision ${e.precision} int;
	precision ${e.precision} sampler2D;
	precision ${e.precision} samplerCube;
	precision ${e.precision} sampler3D;
	precision ${e.precision} sampler2DArray;
	precision ${e.precision} sampler2DShadow;
	precision ${e.precision} samplerCubeShadow;
	precision ${e.precision} sampler2DArrayShadow;
	precision ${e.precision} isampler2D;
	precision ${e.precision} isampler3D;
	precision ${e.precision} isamplerCube;
	precision ${e.precision} isampler2DArray;
	precision ${e.precision} usampler2D;
	precision ${e.precision} usampler3D;
	precision ${e.precision} usamplerCube;
	precision ${e.precision} usampler2DArray;
	`;return e.precision===`highp`?t+=`
#define HIGH_PRECISION`:e.precision===`mediump`?t+=`
#define MEDIUM_PRECISION`:e.precision===`lowp`&&(t+=`
#define LOW_PRECISION`),t}var dh={1:`SHADOWMAP_TYPE_PCF`,3:`SHADOWMAP_TYPE_VSM`};function fh(e){return dh[e.shadowMapType]||`SHADOWMAP_TYPE_BASIC`}var ph={302:`ENVMAP_MODE_REFRACTION`};function mh(e){return e.envMap===!1?`ENVMAP_MODE_REFLECTION`:ph[e.envMapMode]||`ENVMAP_MODE_REFLECTION`}var hh={0:`ENVMAP_BLENDING_MULTIPLY`,1:`ENVMAP_BLENDING_MIX`,2:`ENVMAP_BLENDING_ADD`};function gh(e){return e.envMap===!1?`ENVMAP_BLENDING_NONE`:hh[e.combine]||`ENVMAP_BLENDING_NONE`}function _h(e,t,n,r){let i=e.getContext(),a=n.defines,o=n.vertexShader,s=n.fragmentShader,c=fh(n),l=n.envMapPMREM===!0?`ENVMAP_TYPE_PMREM`:`ENVMAP_TYPE_CUBE`,u=mh(n),d=gh(n),f=Qm(n),p=$m(a),m=i.createProgram(),h,g,_=n.glslVersion?`#version `+n.glslVersion+`
`:``;n.isRawShaderMaterial?(h=[`#define SHADER_TYPE `+n.shaderType,`#define SHADER_NAME `+n.shaderName,p].filter(th).join(`
`),h.length>0&&(h+=`
`),g=[`#define SHADER_TYPE `+n.shaderType,`#define SHADER_NAME `+n.shaderName,p].filter(th).join(`
`),g.length>0&&(g+=`
`)):(h=[uh(n),`#define SHADER_TYPE `+n.shaderType,`#define SHADER_NAME `+n.shaderName,p,n.extensionClipCullDistance?`#define USE_CLIP_DISTANCE`:``,n.batching?`#define USE_BATCHING`:``,n.batchingColor?`#define USE_BATCHING_COLOR`:``,n.instancing?`#define USE_INSTANCING`:``,n.instancingColor?`#define USE_INSTANCING_COLOR`:``,n.instancingMorph?`#define USE_INSTANCING_MORPH`:``,n.useFog&&n.fog?`#define USE_FOG`:``,n.useFog&&n.fogExp2?`#define FOG_EXP2`:``,n.map?`#define USE_MAP`:``,n.envMap?`#define USE_ENVMAP`:``,n.envMap?`#define `+u:``,n.lightMap?`#define USE_LIGHTMAP`:``,n.aoMap?`#define USE_AOMAP`:``,n.bumpMap?`#define USE_BUMPMAP`:``,n.normalMap?`#define USE_NORMALMAP`:``,n.normalMapObjectSpace?`#define USE_NORMALMAP_OBJECTSPACE`:``,n.normalMapTangentSpace?`#define USE_NORMALMAP_TANGENTSPACE`:``,n.displacementMap?`#define USE_DISPLACEMENTMAP`:``,n.emissiveMap?`#define USE_EMISSIVEMAP`:``,n.anisotropy?`#define USE_ANISOTROPY`:``,n.anisotropyMap?`#define USE_ANISOTROPYMAP`:``,n.clearcoatMap?`#define USE_CLEARCOATMAP`:``,n.clearcoatRoughnessMap?`#define USE_CLEARCOAT_ROUGHNESSMAP`:``,n.clearcoatNormalMap?`#define USE_CLEARCOAT_NORMALMAP`:``,n.diffuseRoughnessMap?`#define USE_DIFFUSE_ROUGHNESSMAP`:``,n.iridescenceMap?`#define USE_IRIDESCENCEMAP`:``,n.iridescenceThicknessMap?`#define USE_IRIDESCENCE_THICKNESSMAP`:``,n.specularMap?`#define USE_SPECULARMAP`:``,n.specularColorMap?`#define USE_SPECULAR_COLORMAP`:``,n.specularIntensityMap?`#define USE_SPECULAR_INTENSITYMAP`:``,n.roughnessMap?`#define USE_ROUGHNESSMAP`:``,n.metalnessMap?`#define USE_METALNESSMAP`:``,n.alphaMap?`#define USE_ALPHAMAP`:``,n.alphaHash?`#define USE_ALPHAHASH`:``,n.transmission?`#define USE_TRANSMISSION`:``,n.transmissionMap?`#define USE_TRANSMISSIONMAP`:``,n.thicknessMap?`#define USE_THICKNESSMAP`:``,n.sheenColorMap?`#define USE_SHEEN_COLORMAP`:``,n.sheenRoughnessMap?`#define USE_SHEEN_ROUGHNESSMAP`:``,n.mapUv?`#define MAP_UV `+n.mapUv:``,n.alphaMapUv?`#define ALPHAMAP_UV `+n.alphaMapUv:``,n.lightMapUv?`#define LIGHTMAP_UV `+n.lightMapUv:``,n.aoMapUv?`#define AOMAP_UV `+n.aoMapUv:``,n.emissiveMapUv?`#define EMISSIVEMAP_UV `+n.emissiveMapUv:``,n.bumpMapUv?`#define BUMPMAP_UV `+n.bumpMapUv:``,n.normalMapUv?`#define NORMALMAP_UV `+n.normalMapUv:``,n.displacementMapUv?`#define DISPLACEMENTMAP_UV `+n.displacementMapUv:``,n.metalnessMapUv?`#define METALNESSMAP_UV `+n.metalnessMapUv:``,n.roughnessMapUv?`#define ROUGHNESSMAP_UV `+n.roughnessMapUv:``,n.anisotropyMapUv?`#define ANISOTROPYMAP_UV `+n.anisotropyMapUv:``,n.clearcoatMapUv?`#define CLEARCOATMAP_UV `+n.clearcoatMapUv:``,n.clearcoatNormalMapUv?`#define CLEARCOAT_NORMALMAP_UV `+n.clearcoatNormalMapUv:``,n.clearcoatRoughnessMapUv?`#define CLEARCOAT_ROUGHNESSMAP_UV `+n.clearcoatRoughnessMapUv:``,n.diffuseRoughnessMapUv?`#define DIFFUSE_ROUGHNESSMAP_UV `+n.diffuseRoughnessMapUv:``,n.iridescenceMapUv?`#define IRIDESCENCEMAP_UV `+n.iridescenceMapUv:``,n.iridescenceThicknessMapUv?`#define IRIDESCENCE_THICKNESSMAP_UV `+n.iridescenceThicknessMapUv:``,n.sheenColorMapUv?`#define SHEEN_COLORMAP_UV `+n.sheenColorMapUv:``,n.sheenRoughnessMapUv?`#define SHEEN_ROUGHNESSMAP_UV `+n.sheenRoughnessMapUv:``,n.specularMapUv?`#define SPECULARMAP_UV `+n.specularMapUv:``,n.specularColorMapUv?`#define SPECULAR_COLORMAP_UV `+n.specularColorMapUv:``,n.specularIntensityMapUv?`#define SPECULAR_INTENSITYMAP_UV `+n.specularIntensityMapUv:``,n.transmissionMapUv?`#define TRANSMISSIONMAP_UV `+n.transmissionMapUv:``,n.thicknessMapUv?`#define THICKNESSMAP_UV `+n.thicknessMapUv:``,n.vertexTangents&&n.flatShading===!1?`#define USE_TANGENT`:``,n.vertexNormals?`#define HAS_NORMAL`:``,n.vertexColors?`#define USE_COLOR`:``,n.vertexAlphas?`#define USE_COLOR_ALPHA`:``,n.vertexUv1s?`#define USE_UV1`:``,n.vertexUv2s?`#define USE_UV2`:``,n.vertexUv3s?`#define USE_UV3`:``,n.pointsUvs?`#define USE_POINTS_UV`:``,n.flatShading?`#define FLAT_SHADED`:``,n.skinning?`#define USE_SKINNING`:``,n.morphTargets?`#define USE_MORPHTARGETS`:``,n.morphNormals&&n.flatShading===!1?`#define USE_MORPHNORMALS`:``,n.morphColors?`#define USE_MORPHCOLORS`:``,n.morphTargetsCount>0?`#define MORPHTARGETS_TEXTURE_STRIDE `+n.morphTextureStride:``,n.morphTargetsCount>0?`#define MORPHTARGETS_COUNT `+n.morphTargetsCount:``,n.doubleSided?`#define DOUBLE_SIDED`:``,n.flipSided?`#define FLIP_SIDED`:``,n.shadowMapEnabled?`#define USE_SHADOWMAP`:``,n.shadowMapEnabled?`#define `+c:``,n.sizeAttenuation?`#define USE_SIZEATTENUATION`:``,n.numLightProbes>0?`#define USE_LIGHT_PROBES`:``,n.logarithmicDepthBuffer?`#define USE_LOGARITHMIC_DEPTH_BUFFER`:``,n.reversedDepthBuffer?`#define USE_REVERSED_DEPTH_BUFFER`:``,`uniform mat4 modelMatrix;`,`uniform mat4 modelViewMatrix;`,`uniform mat4 projectionMatrix;`,`uniform mat4 viewMatrix;`,`uniform mat3 normalMatrix;`,`uniform vec3 cameraPosition;`,`uniform bool isOrthographic;`,`#ifdef USE_INSTANCING`,`	attribute mat4 instanceMatrix;`,`#endif`,`#ifdef USE_INSTANCING_COLOR`,`	attribute vec3 instanceColor;`,`#endif`,`#ifdef USE_INSTANCING_MORPH`,`	uniform sampler2D morphTexture;`,`#endif`,`attribute vec3 position;`,`attribute vec3 normal;`,`attribute vec2 uv;`,`#ifdef USE_UV1`,`	attribute vec2 uv1;`,`#endif`,`#ifdef USE_UV2`,`	attribute vec2 uv2;`,`#endif`,`#ifdef USE_UV3`,`	attribute vec2 uv3;`,`#endif`,`#ifdef USE_TANGENT`,`	attribute vec4 tangent;`,`#endif`,`#if defined( USE_COLOR_ALPHA )`,`	attribute vec4 color;`,`#elif defined( USE_COLOR )`,`	attribute vec3 color;`,`#endif`,`#ifdef USE_SKINNING`,`	attribute vec4 skinIndex;`,`	attribute vec4 skinWeight;`,`#endif`,`
`].filter(th).join(`
`),g=[uh(n),`#define SHADER_TYPE `+n.shaderType,`#define SHADER_NAME `+n.shaderName,p,n.useFog&&n.fog?`#define USE_FOG`:``,n.useFog&&n.fogExp2?`#define FOG_EXP2`:``,n.alphaToCoverage?`#define ALPHA_TO_COVERAGE`:``,n.map?`#define USE_MAP`:``,n.matcap?`#define USE_MATCAP`:``,n.envMap?`#define USE_ENVMAP`:``,n.envMap?`#define `+l:``,n.envMap?`#define `+u:``,n.envMap?`#define `+d:``,n.envMapPMREM?`#define ENVMAP_MAX_LOD `+n.envMapMaxLod+`.0`:``,n.envMapPMREM?`#define ENVMAP_SIZE `+n.envMapSize+`.0`:``,n.lightMap?`#define USE_LIGHTMAP`:``,n.aoMap?`#define USE_AOMAP`:``,n.bumpMap?`#define USE_BUMPMAP`:``,n.normalMap?`#define USE_NORMALMAP`:``,n.normalMapObjectSpace?`#define USE_NORMALMAP_OBJECTSPACE`:``,n.normalMapTangentSpace?`#define USE_NORMALMAP_TANGENTSPACE`:``,n.packedNormalMap?`#define USE_PACKED_NORMALMAP`:``,n.emissiveMap?`#define USE_EMISSIVEMAP`:``,n.anisotropy?`#define USE_ANISOTROPY`:``,n.anisotropyMap?`#define USE_ANISOTROPYMAP`:``,n.clearcoat?`#define USE_CLEARCOAT`:``,n.clearcoatMap?`#define USE_CLEARCOATMAP`:``,n.clearcoatRoughnessMap?`#define USE_CLEARCOAT_ROUGHNESSMAP`:``,n.clearcoatNormalMap?`#define USE_CLEARCOAT_NORMALMAP`:``,n.diffuseRoughness?`#define USE_DIFFUSE_ROUGHNESS`:``,n.diffuseRoughnessMap?`#define USE_DIFFUSE_ROUGHNESSMAP`:``,n.dispersion?`#define USE_DISPERSION`:``,n.retroreflection?`#define USE_RETROREFLECTION`:``,n.iridescence?`#define USE_IRIDESCENCE`:``,n.iridescenceMap?`#define USE_IRIDESCENCEMAP`:``,n.iridescenceThicknessMap?`#define USE_IRIDESCENCE_THICKNESSMAP`:``,n.specularMap?`#define USE_SPECULARMAP`:``,n.specularColorMap?`#define USE_SPECULAR_COLORMAP`:``,n.specularIntensityMap?`#define USE_SPECULAR_INTENSITYMAP`:``,n.roughnessMap?`#define USE_ROUGHNESSMAP`:``,n.metalnessMap?`#define USE_METALNESSMAP`:``,n.alphaMap?`#define USE_ALPHAMAP`:``,n.alphaTest?`#define USE_ALPHATEST`:``,n.alphaHash?`#define USE_ALPHAHASH`:``,n.sheen?`#define USE_SHEEN`:``,n.sheenColorMap?`#define USE_SHEEN_COLORMAP`:``,n.sheenRoughnessMap?`#define USE_SHEEN_ROUGHNESSMAP`:``,n.transmission?`#define USE_TRANSMISSION`:``,n.transmissionMap?`#define USE_TRANSMISSIONMAP`:``,n.thicknessMap?`#define USE_THICKNESSMAP`:``,n.vertexTangents&&n.flatShading===!1?`#define USE_TANGENT`:``,n.vertexColors||n.instancingColor?`#define USE_COLOR`:``,n.vertexAlphas||n.batchingColor?`#define USE_COLOR_ALPHA`:``,n.vertexUv1s?`#define USE_UV1`:``,n.vertexUv2s?`#define USE_UV2`:``,n.vertexUv3s?`#define USE_UV3`:``,n.pointsUvs?`#define USE_POINTS_UV`:``,n.gradientMap?`#define USE_GRADIENTMAP`:``,n.flatShading?`#define FLAT_SHADED`:``,n.doubleSided?`#define DOUBLE_SIDED`:``,n.flipSided?`#define FLIP_SIDED`:``,n.shadowMapEnabled?`#define USE_SHADOWMAP`:``,n.shadowMapEnabled?`#define `+c:``,n.premultipliedAlpha?`#define PREMULTIPLIED_ALPHA`:``,n.numLightProbes>0?`#define USE_LIGHT_PROBES`:``,n.decodeVideoTexture?`#define DECODE_VIDEO_TEXTURE`:``,n.decodeVideoTextureEmissive?`#define DECODE_VIDEO_TEXTURE_EMISSIVE`:``,n.logarithmicDepthBuffer?`#define USE_LOGARITHMIC_DEPTH_BUFFER`:``,n.reversedDepthBuffer?`#define USE_REVERSED_DEPTH_BUFFER`:``,`uniform mat4 viewMatrix;`,`uniform vec3 cameraPosition;`,`uniform bool isOrthographic;`,n.toneMapping===0?``:`#define TONE_MAPPING`,n.toneMapping===0?``:Q.tonemapping_pars_fragment,n.toneMapping===0?``:Ym(`toneMapping`,n.toneMapping),n.dithering?`#define DITHERING`:``,n.opaque?`#define OPAQUE`:``,Q.colorspace_pars_fragment,qm(`linearToOutputTexel`,n.outputColorSpace),Zm(),n.useDepthPacking?`#define DEPTH_PACKING `+n.depthPacking:``,`
`].filter(th).join(`
`)),o=ah(o),o=nh(o,n),o=rh(o,n),s=ah(s),s=nh(s,n),s=rh(s,n),o=ch(o),s=ch(s),n.isRawShaderMaterial!==!0&&(_=`#version 300 es
`,h=[f,`#define attribute in`,`#define varying out`,`#define texture2D texture`].join(`
`)+`
`+h,g=[`#define varying in`,n.glslVersion===`300 es`?``:`layout(location = 0) out highp vec4 pc_fragColor;`,n.glslVersion===`300 es`?``:`#define gl_FragColor pc_fragColor`,`#define gl_FragDepthEXT gl_FragDepth`,`#define texture2D texture`,`#define textureCube texture`,`#define texture2DProj textureProj`,`#define texture2DLodEXT textureLod`,`#define texture2DProjLodEXT textureProjLod`,`#define textureCubeLodEXT textureLod`,`#define texture2DGradEXT textureGrad`,`#define texture2DProjGradEXT textureProjGrad`,`#define textureCubeGradEXT textureGrad`].join(`
`)+`
`+g);let v=_+h+o,y=_+g+s,b=Bm(i,i.VERTEX_SHADER,v),x=Bm(i,i.FRAGMENT_SHADER,y);i.attachShader(m,b),i.attachShader(m,x),n.index0AttributeName===void 0?n.hasPositionAttribute===!0&&i.bindAttribLocation(m,0,`position`):i.bindAttribLocation(m,0,n.index0AttributeName),i.linkProgram(m);function S(t){if(e.debug.checkShaderErrors){let n=i.getProgramInfoLog(m)||``,r=i.getShaderInfoLog(b)||``,a=i.getShaderInfoLog(x)||``,o=n.trim(),s=r.trim(),c=a.trim(),l=!0,u=!0;if(i.getProgramParameter(m,i.LINK_STATUS)===!1){if(l=!1,typeof e.debug.onShaderError==`function`)e.debug.onShaderError(i,m,b,x);else{let e=Km(i,b,`vertex`),n=Km(i,x,`fragment`);G(`WebGLProgram: Shader Error `+i.getError()+` - VALIDATE_STATUS `+i.getProgramParameter(m,i.VALIDATE_STATUS)+`

Material Name: `+t.name+`
Material Type: `+t.type+`

Program Info Log: `+o+`
`+e+`
`+n)}}else o===``?(s===``||c===``)&&(u=!1):W(`WebGLProgram: Program Info Log:`,o);u&&(t.diagnostics={runnable:l,programLog:o,vertexShader:{log:s,prefix:h},fragmentShader:{log:c,prefix:g}})}i.deleteShader(b),i.deleteShader(x),C=new zm(i,m),w=eh(i,m)}let C;this.getUniforms=function(){return C===void 0&&S(this),C};let w;this.getAttributes=function(){return w===void 0&&S(this),w};let T=n.rendererExtensionParallelShaderCompile===!1;return this.isReady=function(){return T===!1&&(T=i.getProgramParameter(m,Vm)),T},this.destroy=function(){r.releaseStatesOfProgram(this),i.deleteProgram(m),this.program=void 0},this.type=n.shaderType,this.name=n.shaderName,this.id=Hm++,this.cacheKey=t,this.usedTimes=1,this.program=m,this.vertexShader=b,this.fragmentShader=x,this}var vh=0,yh=class{constructor(){this.shaderCache=new Map,this.materialCache=new Map}update(e,t,n){let r=this._getShaderCacheForMaterial(e);return r.has(t)===!1&&(r.add(t),t.usedTimes++),r.has(n)===!1&&(r.add(n),n.usedTimes++),this}remove(e){let t=this.materialCache.get(e);for(let e of t)e.usedTimes--,e.usedTimes===0&&this.shaderCache.delete(e.code);return this.materialCache.delete(e),this}getVertexShaderStage(e){return this._getShaderStage(e.vertexShader)}getFragmentShaderStage(e){return this._getShaderStage(e.fragmentShader)}dispose(){this.shaderCache.clear(),this.materialCache.clear()}_getShaderCacheForMaterial(e){let t=this.materialCache,n=t.get(e);return n===void 0&&(n=new Set,t.set(e,n)),n}_getShaderStage(e){let t=this.shaderCache,n=t.get(e);return n===void 0&&(n=new bh(e),t.set(e,n)),n}},bh=class{constructor(e){this.id=vh++,this.code=e,this.usedTimes=0}};function xh(e){return e===1030||e===37490||e===36285}function Sh(e,t,n,r,i,a){let o=new Ol,s=new yh,c=new Set,l=[],u=new Map,d=r.logarithmicDepthBuffer,f={MeshDepthMaterial:`depth`,MeshDistanceMaterial:`distance`,MeshNormalMaterial:`normal`,MeshBasicMaterial:`basic`,MeshLambertMaterial:`lambert`,MeshPhongMaterial:`phong`,MeshToonMaterial:`toon`,MeshStandardMaterial:`physical`,MeshPhysicalMaterial:`physical`,MeshMatcapMaterial:`matcap`,LineBasicMaterial:`basic`,LineDashedMaterial:`dashed`,PointsMaterial:`points`,ShadowMaterial:`shadow`,SpriteMaterial:`sprite`};function p(e){return c.add(e),e===0?`uv`:`uv${e}`}function m(i,o,l,u,m,h){let g=u.fog,_=m.geometry,v=i.isMeshStandardMaterial||i.isMeshLambertMaterial||i.isMeshPhongMaterial?u.environment:null,y=i.isMeshStandardMaterial||i.isMeshLambertMaterial&&!i.envMap||i.isMeshPhongMaterial&&!i.envMap,b=t.get(i.envMap||v,y),x=f[i.type],S=r.precision;i.precision!==null&&(S=r.getMaxPrecision(i.precision),S!==i.precision&&W(`WebGLProgram.getParameters:`,i.precision,`not supported, using`,S,`instead.`));let C=_.morphAttributes.position||_.morphAttributes.normal||_.morphAttributes.color,w=C===void 0?0:C.length,T=0;_.morphAttributes.position!==void 0&&(T=1),_.morphAttributes.normal!==void 0&&(T=2),_.morphAttributes.color!==void 0&&(T=3);let E,D,O,k;if(x){let e=Xf[x];E=e.vertexShader,D=e.fragmentShader}else{E=i.vertexShader,D=i.fragmentShader;let e=s.getVertexShaderStage(i),t=s.getFragmentShaderStage(i);s.update(i,e,t),O=e.id,k=t.id}let A=e.getRenderTarget(),j=e.state.buffers.depth.getReversed(),M=m.isInstancedMesh===!0,N=m.isBatchedMesh===!0,ee=!!i.map,te=!!i.matcap,P=!!b,F=P&&b.isPMREMTexture===!0,ne=!!i.aoMap,re=!!i.lightMap,ie=!!i.bumpMap&&i.wireframe===!1,ae=!!i.normalMap,oe=!!i.displacementMap,se=!!i.emissiveMap,ce=!!i.metalnessMap,le=!!i.roughnessMap,ue=i.anisotropy>0,de=i.clearcoat>0,fe=i.diffuseRoughness>0,pe=i.dispersion>0,me=i.retroreflectivity>0,he=i.iridescence>0,ge=i.sheen>0,_e=i.transmission>0,I=ue&&!!i.anisotropyMap,ve=de&&!!i.clearcoatMap,ye=de&&!!i.clearcoatNormalMap,L=de&&!!i.clearcoatRoughnessMap,be=fe&&!!i.diffuseRoughnessMap,R=he&&!!i.iridescenceMap,xe=he&&!!i.iridescenceThicknessMap,Se=ge&&!!i.sheenColorMap,Ce=ge&&!!i.sheenRoughnessMap,z=!!i.specularMap,we=!!i.specularColorMap,B=!!i.specularIntensityMap,V=_e&&!!i.transmissionMap,Te=_e&&!!i.thicknessMap,Ee=!!i.gradientMap,De=!!i.alphaMap,Oe=i.alphaTest>0,ke=!!i.alphaHash,Ae=!!i.extensions,je=0;i.toneMapped&&(A===null||A.isXRRenderTarget===!0)&&(je=e.toneMapping);let Me=F?b.isCompressedCubeTexture?b.image[0].mipmaps:b.mipmaps:null,Ne={shaderID:x,shaderType:i.type,shaderName:i.name,vertexShader:E,fragmentShader:D,defines:i.defines,customVertexShaderID:O,customFragmentShaderID:k,isRawShaderMaterial:i.isRawShaderMaterial===!0,glslVersion:i.glslVersion,precision:S,batching:N,batchingColor:N&&m._colorsTexture!==null,instancing:M,instancingColor:M&&m.instanceColor!==null,instancingMorph:M&&m.morphTexture!==null,outputColorSpace:A===null?e.outputColorSpace:A.isXRRenderTarget===!0?A.texture.colorSpace:X.workingColorSpace,alphaToCoverage:!!i.alphaToCoverage,map:ee,matcap:te,envMap:P,envMapMode:P&&b.mapping,envMapPMREM:F,envMapMaxLod:F?Me.length-1:null,envMapSize:F?Me[0].width:null,aoMap:ne,lightMap:re,bumpMap:ie,normalMap:ae,displacementMap:oe,emissiveMap:se,normalMapObjectSpace:ae&&i.normalMapType===1,normalMapTangentSpace:ae&&i.normalMapType===0,packedNormalMap:ae&&i.normalMapType===0&&xh(i.normalMap.format),metalnessMap:ce,roughnessMap:le,anisotropy:ue,anisotropyMap:I,clearcoat:de,clearcoatMap:ve,clearcoatNormalMap:ye,clearcoatRoughnessMap:L,diffuseRoughness:fe,diffuseRoughnessMap:be,dispersion:pe,retroreflection:me,iridescence:he,iridescenceMap:R,iridescenceThicknessMap:xe,sheen:ge,sheenColorMap:Se,sheenRoughnessMap:Ce,specularMap:z,specularColorMap:we,specularIntensityMap:B,transmission:_e,transmissionMap:V,thicknessMap:Te,gradientMap:Ee,opaque:i.transparent===!1&&i.blending===1&&i.alphaToCoverage===!1,alphaMap:De,alphaTest:Oe,alphaHash:ke,combine:i.combine,mapUv:ee&&p(i.map.channel),aoMapUv:ne&&p(i.aoMap.channel),lightMapUv:re&&p(i.lightMap.channel),bumpMapUv:ie&&p(i.bumpMap.channel),normalMapUv:ae&&p(i.normalMap.channel),displacementMapUv:oe&&p(i.displacementMap.channel),emissiveMapUv:se&&p(i.emissiveMap.channel),metalnessMapUv:ce&&p(i.metalnessMap.channel),roughnessMapUv:le&&p(i.roughnessMap.channel),anisotropyMapUv:I&&p(i.anisotropyMap.channel),clearcoatMapUv:ve&&p(i.clearcoatMap.channel),clearcoatNormalMapUv:ye&&p(i.clearcoatNormalMap.channel),clearcoatRoughnessMapUv:L&&p(i.clearcoatRoughnessMap.channel),diffuseRoughnessMapUv:be&&p(i.diffuseRoughnessMap.channel),iridescenceMapUv:R&&p(i.iridescenceMap.channel),iridescenceThicknessMapUv:xe&&p(i.iridescenceThicknessMap.channel),sheenColorMapUv:Se&&p(i.sheenColorMap.channel),sheenRoughnessMapUv:Ce&&p(i.sheenRoughnessMap.channel),specularMapUv:z&&p(i.specularMap.channel),specularColorMapUv:we&&p(i.specularColorMap.channel),specularIntensityMapUv:B&&p(i.specularIntensityMap.channel),transmissionMapUv:V&&p(i.transmissionMap.channel),thicknessMapUv:Te&&p(i.thicknessMap.channel),alphaMapUv:De&&p(i.alphaMap.channel),vertexTangents:!!_.attributes.tangent&&(ae||ue),vertexNormals:!!_.attributes.normal,vertexColors:i.vertexColors,vertexAlphas:i.vertexColors===!0&&!!_.attributes.color&&_.attributes.color.itemSize===4,pointsUvs:m.isPoints===!0&&!!_.attributes.uv&&(ee||De),fog:!!g,useFog:i.fog===!0,fogExp2:!!g&&g.isFogExp2,flatShading:i.wireframe===!1&&(i.flatShading===!0||_.attributes.normal===void 0&&ae===!1&&(i.isMeshLambertMaterial||i.isMeshPhongMaterial||i.isMeshStandardMaterial||i.isMeshPhysicalMaterial)),sizeAttenuation:i.sizeAttenuation===!0,logarithmicDepthBuffer:d,reversedDepthBuffer:j,skinning:m.isSkinnedMesh===!0,hasPositionAttribute:_.attributes.position!==void 0,morphTargets:_.morphAttributes.position!==void 0,morphNormals:_.morphAttributes.normal!==void 0,morphColors:_.morphAttributes.color!==void 0,morphTargetsCount:w,morphTextureStride:T,numSunLights:o.sun.length,numDirLights:o.directional.length,numPointLights:o.point.length,numSpotLights:o.spot.length,numSpotLightMaps:o.spotLightMap.length,numRectAreaLights:o.rectArea.length,numHemiLights:o.hemi.length,numSunLightShadows:o.sunShadowMap.length,numDirLightShadows:o.directionalShadowMap.length,numPointLightShadows:o.pointShadowMap.length,numSpotLightShadows:o.spotShadowMap.length,numSpotLightShadowsWithMaps:o.numSpotLightShadowsWithMaps,numLightProbes:o.numLightProbes,numLightProbeGrids:h.filter(e=>e.texture!==null).length,numClippingPlanes:a.numPlanes,numClipIntersection:a.numIntersection,dithering:i.dithering,shadowMapEnabled:e.shadowMap.enabled&&l.length>0,shadowMapType:e.shadowMap.type,toneMapping:je,decodeVideoTexture:ee&&i.map.isVideoTexture===!0&&X.getTransfer(i.map.colorSpace)===`srgb`,decodeVideoTextureEmissive:se&&i.emissiveMap.isVideoTexture===!0&&X.getTransfer(i.emissiveMap.colorSpace)===`srgb`,premultipliedAlpha:i.premultipliedAlpha,doubleSided:i.side===2,flipSided:i.side===1,useDepthPacking:i.depthPacking>=0,depthPacking:i.depthPacking||0,index0AttributeName:i.index0AttributeName,extensionClipCullDistance:Ae&&i.extensions.clipCullDistance===!0&&n.has(`WEBGL_clip_cull_distance`),extensionMultiDraw:(Ae&&i.extensions.multiDraw===!0||N)&&n.has(`WEBGL_multi_draw`),rendererExtensionParallelShaderCompile:n.has(`KHR_parallel_shader_compile`),customProgramCacheKey:i.customProgramCacheKey()};return Ne.vertexUv1s=c.has(1),Ne.vertexUv2s=c.has(2),Ne.vertexUv3s=c.has(3),c.clear(),Ne}function h(t){let n=[];if(t.shaderID?n.push(t.shaderID):(n.push(t.customVertexShaderID),n.push(t.customFragmentShaderID)),t.defines!==void 0)for(let e in t.defines)n.push(e),n.push(t.defines[e]);return t.isRawShaderMaterial===!1&&(g(n,t),_(n,t),n.push(e.outputColorSpace)),n.push(t.customProgramCacheKey),n.join()}function g(e,t){e.push(t.precision),e.push(t.outputColorSpace),e.push(t.envMapMode),e.push(t.envMapPMREM),e.push(t.envMapMaxLod),e.push(t.envMapSize),e.push(t.mapUv),e.push(t.alphaMapUv),e.push(t.lightMapUv),e.push(t.aoMapUv),e.push(t.bumpMapUv),e.push(t.normalMapUv),e.push(t.displacementMapUv),e.push(t.emissiveMapUv),e.push(t.metalnessMapUv),e.push(t.roughnessMapUv),e.push(t.anisotropyMapUv),e.push(t.clearcoatMapUv),e.push(t.clearcoatNormalMapUv),e.push(t.clearcoatRoughnessMapUv),e.push(t.diffuseRoughnessMapUv),e.push(t.iridescenceMapUv),e.push(t.iridescenceThicknessMapUv),e.push(t.sheenColorMapUv),e.push(t.sheenRoughnessMapUv),e.push(t.specularMapUv),e.push(t.specularColorMapUv),e.push(t.specularIntensityMapUv),e.push(t.transmissionMapUv),e.push(t.thicknessMapUv),e.push(t.combine),e.push(t.fogExp2),e.push(t.sizeAttenuation),e.push(t.morphTargetsCount),e.push(t.numSunLights),e.push(t.numDirLights),e.push(t.numPointLights),e.push(t.numSpotLights),e.push(t.numSpotLightMaps),e.push(t.numHemiLights),e.push(t.numRectAreaLights),e.push(t.numSunLightShadows),e.push(t.numDirLightShadows),e.push(t.numPointLightShadows),e.push(t.numSpotLightShadows),e.push(t.numSpotLightShadowsWithMaps),e.push(t.numLightProbes),e.push(t.numLightProbeGrids),e.push(t.shadowMapType),e.push(t.toneMapping),e.push(t.numClippingPlanes),e.push(t.numClipIntersection),e.push(t.depthPacking)}function _(e,t){o.disableAll(),t.instancing&&o.enable(0),t.instancingColor&&o.enable(1),t.instancingMorph&&o.enable(2),t.matcap&&o.enable(3),t.envMap&&o.enable(4),t.normalMapObjectSpace&&o.enable(5),t.normalMapTangentSpace&&o.enable(6),t.clearcoat&&o.enable(7),t.iridescence&&o.enable(8),t.alphaTest&&o.enable(9),t.vertexColors&&o.enable(10),t.vertexAlphas&&o.enable(11),t.vertexUv1s&&o.enable(12),t.vertexUv2s&&o.enable(13),t.vertexUv3s&&o.enable(14),t.vertexTangents&&o.enable(15),t.anisotropy&&o.enable(16),t.alphaHash&&o.enable(17),t.batching&&o.enable(18),t.dispersion&&o.enable(19),t.retroreflection&&o.enable(24),t.diffuseRoughness&&o.enable(25),t.batchingColor&&o.enable(20),t.gradientMap&&o.enable(21),t.packedNormalMap&&o.enable(22),t.vertexNormals&&o.enable(23),e.push(o.mask),o.disableAll(),t.fog&&o.enable(0),t.useFog&&o.enable(1),t.flatShading&&o.enable(2),t.logarithmicDepthBuffer&&o.enable(3),t.reversedDepthBuffer&&o.enable(4),t.skinning&&o.enable(5),t.morphTargets&&o.enable(6),t.morphNormals&&o.enable(7),t.morphColors&&o.enable(8),t.premultipliedAlpha&&o.enable(9),t.shadowMapEnabled&&o.enable(10),t.doubleSided&&o.enable(11),t.flipSided&&o.enable(12),t.useDepthPacking&&o.enable(13),t.dithering&&o.enable(14),t.transmission&&o.enable(15),t.sheen&&o.enable(16),t.opaque&&o.enable(17),t.pointsUvs&&o.enable(18),t.decodeVideoTexture&&o.enable(19),t.decodeVideoTextureEmissive&&o.enable(20),t.alphaToCoverage&&o.enable(21),t.numLightProbeGrids>0&&o.enable(22),t.hasPositionAttribute&&o.enable(23),e.push(o.mask)}function v(e){let t=f[e.type],n;if(t){let e=Xf[t];n=Kd.clone(e.uniforms)}else n=e.uniforms;return n}function y(t,n){let r=u.get(n);return r===void 0?(r=new _h(e,n,t,i),l.push(r),u.set(n,r)):++r.usedTimes,r}function b(e){if(--e.usedTimes===0){let t=l.indexOf(e);l[t]=l[l.length-1],l.pop(),u.delete(e.cacheKey),e.destroy()}}function x(e){s.remove(e)}function S(){s.dispose()}return{getParameters:m,getProgramCacheKey:h,getUniforms:v,acquireProgram:y,releaseProgram:b,releaseShaderCache:x,programs:l,dispose:S}}function Ch(){let e=new WeakMap;function t(t){return e.has(t)}function n(t){let n=e.get(t);return n===void 0&&(n={},e.set(t,n)),n}function r(t){e.delete(t)}function i(t,n,r){e.get(t)[n]=r}function a(){e=new WeakMap}return{has:t,get:n,remove:r,update:i,dispose:a}}function wh(e,t){return e.groupOrder===t.groupOrder?e.renderOrder===t.renderOrder?e.material.id===t.material.id?e.materialVariant===t.materialVariant?e.z===t.z?e.id-t.id:e.z-t.z:e.materialVariant-t.materialVariant:e.material.id-t.material.id:e.renderOrder-t.renderOrder:e.groupOrder-t.groupOrder}function Th(e,t){return e.groupOrder===t.groupOrder?e.renderOrder===t.renderOrder?e.z===t.z?e.id-t.id:t.z-e.z:e.renderOrder-t.renderOrder:e.groupOrder-t.groupOrder}function Eh(){let e=[],t=0,n=[],r=[],i=[];function a(){t=0,n.length=0,r.length=0,i.length=0}function o(e){let t=0;return e.isInstancedMesh&&(t+=2),e.isSkinnedMesh&&(t+=1),t}function s(n,r,i,a,s,c){let l=e[t];return l===void 0?(l={id:n.id,object:n,geometry:r,material:i,materialVariant:o(n),groupOrder:a,renderOrder:n.renderOrder,z:s,group:c},e[t]=l):(l.id=n.id,l.object=n,l.geometry=r,l.material=i,l.materialVariant=o(n),l.groupOrder=a,l.renderOrder=n.renderOrder,l.z=s,l.group=c),t++,l}function c(e,t,a,o,c,l,u){u.reversedDepth===!0&&(c=-c);let d=s(e,t,a,o,c,l);a.transmission>0?r.push(d):a.transparent===!0?i.push(d):n.push(d)}function l(e,t,a,o,c,l){let u=s(e,t,a,o,c,l);a.transmission>0?r.unshift(u):a.transparent===!0?i.unshift(u):n.unshift(u)}function u(e,t){n.length>1&&n.sort(e||wh),r.length>1&&r.sort(t||Th),i.length>1&&i.sort(t||Th)}function d(){for(let n=t,r=e.length;n<r;n++){let t=e[n];if(t.id===null)break;t.id=null,t.object=null,t.geometry=null,t.material=null,t.group=null}}return{opaque:n,transmissive:r,transparent:i,init:a,push:c,unshift:l,finish:d,sort:u}}function Dh(){let e=new WeakMap;function t(t,n){let r=e.get(t),i;return r===void 0?(i=new Eh,e.set(t,[i])):n>=r.length?(i=new Eh,r.push(i)):i=r[n],i}function n(){e=new WeakMap}return{get:t,dispose:n}}function Oh(){let e={};return{get:function(t){if(e[t.id]!==void 0)return e[t.id];let n;switch(t.type){case`SunLight`:case`DirectionalLight`:n={direction:new J,color:new Z};break;case`SpotLight`:n={position:new J,direction:new J,color:new Z,distance:0,coneCos:0,penumbraCos:0,decay:0};break;case`PointLight`:n={position:new J,color:new Z,distance:0,decay:0};break;case`HemisphereLight`:n={direction:new J,skyColor:new Z,groundColor:new Z};break;case`RectAreaLight`:n={color:new Z,position:new J,halfWidth:new J,halfHeight:new J}}return e[t.id]=n,n}}}function kh(){let e={};return{get:function(t){if(e[t.id]!==void 0)return e[t.id];let n;switch(t.type){case`SunLight`:case`DirectionalLight`:n={shadowIntensity:1,shadowBias:0,shadowNormalBias:0,shadowRadius:1,shadowMapSize:new q};break;case`SpotLight`:n={shadowIntensity:1,shadowBias:0,shadowNormalBias:0,shadowRadius:1,shadowMapSize:new q};break;case`PointLight`:n={shadowIntensity:1,shadowBias:0,shadowNormalBias:0,shadowRadius:1,shadowMapSize:new q,shadowCameraNear:1,shadowCameraFar:1e3}}return e[t.id]=n,n}}}var Ah=0;function jh(e,t){return(t.castShadow?2:0)-(e.castShadow?2:0)+ +!!t.map-!!e.map}function Mh(e){let t=new Oh,n=kh(),r={version:0,hash:{sunLength:-1,directionalLength:-1,pointLength:-1,spotLength:-1,rectAreaLength:-1,hemiLength:-1,numSunShadows:-1,numDirectionalShadows:-1,numPointShadows:-1,numSpotShadows:-1,numSpotMaps:-1,numLightProbes:-1},ambient:[0,0,0],probe:[],sun:[],sunShadow:[],sunShadowMap:[],sunShadowMatrix:[],sunShadowCascade:[],directional:[],directionalShadow:[],directionalShadowMap:[],directionalShadowMatrix:[],spot:[],spotLightMap:[],spotShadow:[],spotShadowMap:[],spotLightMatrix:[],rectArea:[],rectAreaLTC1:null,rectAreaLTC2:null,point:[],pointShadow:[],pointShadowMap:[],pointShadowMatrix:[],hemi:[],numSpotLightShadowsWithMaps:0,numLightProbes:0};for(let e=0;e<9;e++)r.probe.push(new J);let i=new J,a=new _l,o=new _l;function s(i){let a=0,o=0,s=0;for(let e=0;e<9;e++)r.probe[e].set(0,0,0);let c=0,l=0,u=0,d=0,f=0,p=0,m=0,h=0,g=0,_=0,v=0,y=0,b=0,x=0;i.sort(jh);for(let e=0,S=i.length;e<S;e++){let S=i[e],C=S.color,w=S.intensity,T=S.distance,E=null;if(S.shadow&&S.shadow.map&&(E=S.shadow.map.texture.format===1030?S.shadow.map.texture:S.shadow.map.depthTexture||S.shadow.map.texture),S.isAmbientLight)a+=C.r*w,o+=C.g*w,s+=C.b*w;else if(S.isLightProbe){for(let e=0;e<9;e++)r.probe[e].addScaledVector(S.sh.coefficients[e],w);x++}else if(S.isSunLight){let e=t.get(S);if(e.color.copy(S.color).multiplyScalar(S.intensity),S.castShadow){let e=S.shadow,t=n.get(S);t.shadowIntensity=e.intensity,t.shadowBias=e.bias,t.shadowNormalBias=e.normalBias,t.shadowRadius=e.radius,t.shadowMapSize.copy(e.mapSize).multiply(e.getFrameExtents()),r.sunShadow[l]=t,r.sunShadowMap[l]=E;let i=e.getViewportCount();for(let t=0;t<i;t++)r.sunShadowMatrix[u+t]=e.getMatrix(t),r.sunShadowCascade[u+t]=e._cascadeData[t];u+=i,l++}r.sun[c]=e,c++}else if(S.isDirectionalLight){let e=t.get(S);if(e.color.copy(S.color).multiplyScalar(S.intensity),S.castShadow){let e=S.shadow,t=n.get(S);t.shadowIntensity=e.intensity,t.shadowBias=e.bias,t.shadowNormalBias=e.normalBias,t.shadowRadius=e.radius,t.shadowMapSize=e.mapSize,r.directionalShadow[d]=t,r.directionalShadowMap[d]=E,r.directionalShadowMatrix[d]=S.shadow.matrix,g++}r.directional[d]=e,d++}else if(S.isSpotLight){let e=t.get(S);e.position.setFromMatrixPosition(S.matrixWorld),e.color.copy(C).multiplyScalar(w),e.distance=T,e.coneCos=Math.cos(S.angle),e.penumbraCos=Math.cos(S.angle*(1-S.penumbra)),e.decay=S.decay,r.spot[p]=e;let i=S.shadow;if(S.map&&(r.spotLightMap[y]=S.map,y++,i.updateMatrices(S),S.castShadow&&b++),r.spotLightMatrix[p]=i.matrix,S.castShadow){let e=n.get(S);e.shadowIntensity=i.intensity,e.shadowBias=i.bias,e.shadowNormalBias=i.normalBias,e.shadowRadius=i.radius,e.shadowMapSize=i.mapSize,r.spotShadow[p]=e,r.spotShadowMap[p]=E,v++}p++}else if(S.isRectAreaLight){let e=t.get(S);e.color.copy(C).multiplyScalar(w),e.halfWidth.set(S.width*.5,0,0),e.halfHeight.set(0,S.height*.5,0),r.rectArea[m]=e,m++}else if(S.isPointLight){let e=t.get(S);if(e.color.copy(S.color).multiplyScalar(S.intensity),e.distance=S.distance,e.decay=S.decay,S.castShadow){let e=S.shadow,t=n.get(S);t.shadowIntensity=e.intensity,t.shadowBias=e.bias,t.shadowNormalBias=e.normalBias,t.shadowRadius=e.radius,t.shadowMapSize=e.mapSize,t.shadowCameraNear=e.camera.near,t.shadowCameraFar=e.camera.far,r.pointShadow[f]=t,r.pointShadowMap[f]=E,r.pointShadowMatrix[f]=S.shadow.matrix,_++}r.point[f]=e,f++}else if(S.isHemisphereLight){let e=t.get(S);e.skyColor.copy(S.color).multiplyScalar(w),e.groundColor.copy(S.groundColor).multiplyScalar(w),r.hemi[h]=e,h++}}m>0&&(e.has(`OES_texture_float_linear`)===!0?(r.rectAreaLTC1=$.LTC_FLOAT_1,r.rectAreaLTC2=$.LTC_FLOAT_2):(r.rectAreaLTC1=$.LTC_HALF_1,r.rectAreaLTC2=$.LTC_HALF_2)),r.ambient[0]=a,r.ambient[1]=o,r.ambient[2]=s;let S=r.hash;(S.sunLength!==c||S.directionalLength!==d||S.pointLength!==f||S.spotLength!==p||S.rectAreaLength!==m||S.hemiLength!==h||S.numSunShadows!==l||S.numDirectionalShadows!==g||S.numPointShadows!==_||S.numSpotShadows!==v||S.numSpotMaps!==y||S.numLightProbes!==x)&&(r.sun.length=c,r.directional.length=d,r.spot.length=p,r.rectArea.length=m,r.point.length=f,r.hemi.length=h,r.sunShadow.length=l,r.sunShadowMap.length=l,r.sunShadowMatrix.length=u,r.sunShadowCascade.length=u,r.directionalShadow.length=g,r.directionalShadowMap.length=g,r.directionalShadowMatrix.length=g,r.pointShadow.length=_,r.pointShadowMap.length=_,r.pointShadowMatrix.length=_,r.spotShadow.length=v,r.spotShadowMap.length=v,r.spotLightMatrix.length=v+y-b,r.spotLightMap.length=y,r.numSpotLightShadowsWithMaps=b,r.numLightProbes=x,S.sunLength=c,S.directionalLength=d,S.pointLength=f,S.spotLength=p,S.rectAreaLength=m,S.hemiLength=h,S.numSunShadows=l,S.numDirectionalShadows=g,S.numPointShadows=_,S.numSpotShadows=v,S.numSpotMaps=y,S.numLightProbes=x,r.version=Ah++)}function c(e,t){let n=0,s=0,c=0,l=0,u=0,d=0,f=t.matrixWorldInverse;for(let t=0,p=e.length;t<p;t++){let p=e[t];if(p.isSunLight){let e=r.sun[n];e.direction.setFromMatrixPosition(p.matrixWorld),e.direction.transformDirection(f),n++}else if(p.isDirectionalLight){let e=r.directional[s];e.direction.setFromMatrixPosition(p.matrixWorld),i.setFromMatrixPosition(p.target.matrixWorld),e.direction.sub(i),e.direction.transformDirection(f),s++}else if(p.isSpotLight){let e=r.spot[l];e.position.setFromMatrixPosition(p.matrixWorld),e.position.applyMatrix4(f),e.direction.setFromMatrixPosition(p.matrixWorld),i.setFromMatrixPosition(p.target.matrixWorld),e.direction.sub(i),e.direction.transformDirection(f),l++}else if(p.isRectAreaLight){let e=r.rectArea[u];e.position.setFromMatrixPosition(p.matrixWorld),e.position.applyMatrix4(f),o.identity(),a.copy(p.matrixWorld),a.premultiply(f),o.extractRotation(a),e.halfWidth.set(p.width*.5,0,0),e.halfHeight.set(0,p.height*.5,0),e.halfWidth.applyMatrix4(o),e.halfHeight.applyMatrix4(o),u++}else if(p.isPointLight){let e=r.point[c];e.position.setFromMatrixPosition(p.matrixWorld),e.position.applyMatrix4(f),c++}else if(p.isHemisphereLight){let e=r.hemi[d];e.direction.setFromMatrixPosition(p.matrixWorld),e.direction.transformDirection(f),d++}}}return{setup:s,setupView:c,state:r}}function Nh(e){let t=new Mh(e),n=[],r=[],i=[];function a(e){u.camera=e,n.length=0,r.length=0,i.length=0}function o(e){e.isLightProbeGrid?i.push(e):n.push(e)}function s(e){r.push(e)}function c(){t.setup(n),i.sort((e,t)=>e.priority-t.priority||e.id-t.id)}function l(e){t.setupView(n,e)}let u={lightsArray:n,shadowsArray:r,lightProbeGridArray:i,camera:null,lights:t,transmissionRenderTarget:{},textureUnits:0};return{init:a,state:u,setupLights:c,setupLightsView:l,pushLight:o,pushShadow:s}}function Ph(e){let t=new WeakMap;function n(n,r=0){let i=t.get(n),a;return i===void 0?(a=new Nh(e),t.set(n,[a])):r>=i.length?(a=new Nh(e),i.push(a)):a=i[r],a}function r(){t=new WeakMap}return{get:n,dispose:r}}var Fh=`void main() {
	gl_Position = vec4( position, 1.0 );
}`,Ih=`uniform sampler2D shadow_pass;
uniform vec2 resolution;
uniform float radius;
void main() {
	const float samples = float( VSM_SAMPLES );
	float mean = 0.0;
	float squared_mean = 0.0;
	float uvStride = samples <= 1.0 ? 0.0 : 2.0 / ( samples - 1.0 );
	float uvStart = samples <= 1.0 ? 0.0 : - 1.0;
	for ( float i = 0.0; i < samples; i ++ ) {
		float uvOffset = uvStart + i * uvStride;
		#ifdef HORIZONTAL_PASS
			vec2 distribution = texture2D( shadow_pass, ( gl_FragCoord.xy + vec2( uvOffset, 0.0 ) * radius ) / resolution ).rg;
			mean += distribution.x;
			squared_mean += distribution.y * distribution.y + distribution.x * distribution.x;
		#else
			float depth = texture2D( shadow_pass, ( gl_FragCoord.xy + vec2( 0.0, uvOffset ) * radius ) / resolution ).r;
			mean += depth;
			squared_mean += depth * depth;
		#endif
	}
	mean = mean / samples;
	squared_mean = squared_mean / samples;
	float std_dev = sqrt( max( 0.0, squared_mean - mean * mean ) );
	gl_FragColor = vec4( mean, std_dev, 0.0, 1.0 );
}`,Lh=[new J(1,0,0),new J(-1,0,0),new J(0,1,0),new J(0,-1,0),new J(0,0,1),new J(0,0,-1)],Rh=[new J(0,-1,0),new J(0,-1,0),new J(0,0,1),new J(0,0,-1),new J(0,-1,0),new J(0,-1,0)],zh=new _l,Bh=new J,Vh=new J;function Hh(e,t,n){let r=new Td,i=new q,a=new q,o=new fl,s=new Zd,c=new Qd,l={},u=n.maxTextureSize,d={0:1,1:0,2:2},f=new Yd({defines:{VSM_SAMPLES:8},uniforms:{shadow_pass:{value:null},resolution:{value:new q},radius:{value:4}},vertexShader:Fh,fragmentShader:Ih}),p=f.clone();p.defines.HORIZONTAL_PASS=1;let m=new qu;m.setAttribute(`position`,new Mu(new Float32Array([-1,-1,.5,3,-1,.5,-1,3,.5]),3));let h=new _d(m,f),g=this;this.enabled=!1,this.autoUpdate=!0,this.needsUpdate=!1,this.type=1;let _=this.type;this.render=function(t,n,s){if(g.enabled===!1||g.autoUpdate===!1&&g.needsUpdate===!1||t.length===0)return;this.type===2&&(W(`WebGLShadowMap: PCFSoftShadowMap has been removed. Using PCFShadowMap instead.`),this.type=1);let c=e.getRenderTarget(),l=e.getActiveCubeFace(),d=e.getActiveMipmapLevel(),f=e.state;f.setBlending(0),f.buffers.depth.getReversed()===!0?f.buffers.color.setClear(0,0,0,0):f.buffers.color.setClear(1,1,1,1),f.buffers.depth.setTest(!0),f.setScissorTest(!1);let p=_!==this.type;p&&n.traverse(function(e){e.material&&(Array.isArray(e.material)?e.material.forEach(e=>e.needsUpdate=!0):e.material.needsUpdate=!0)});for(let c=0,l=t.length;c<l;c++){let l=t[c],d=l.shadow;if(d===void 0){W(`WebGLShadowMap:`,l,`has no shadow.`);continue}if(d.autoUpdate===!1&&d.needsUpdate===!1)continue;i.copy(d.mapSize);let m=d.getFrameExtents();i.multiply(m),a.copy(d.mapSize),(i.x>u||i.y>u)&&(i.x>u&&(a.x=Math.floor(u/m.x),i.x=a.x*m.x,d.mapSize.x=a.x),i.y>u&&(a.y=Math.floor(u/m.y),i.y=a.y*m.y,d.mapSize.y=a.y));let h=e.state.buffers.depth.getReversed();if(d.camera._reversedDepth=h,d.map===null||p===!0){if(d.map!==null&&(d.map.depthTexture!==null&&(d.map.depthTexture.dispose(),d.map.depthTexture=null),d.map.dispose()),this.type===3){if(l.isPointLight){W(`WebGLShadowMap: VSM shadow maps are not supported for PointLights. Use PCF or BasicShadowMap instead.`);continue}d.map=new ml(i.x,i.y,{format:Os,type:hs,minFilter:as,magFilter:as,generateMipmaps:!1}),d.map.texture.name=l.name+`.shadowMap`,d.map.depthTexture=new Id(i.x,i.y,ms),d.map.depthTexture.name=l.name+`.shadowMapDepth`,d.map.depthTexture.format=ws,d.map.depthTexture.compareFunction=null,d.map.depthTexture.minFilter=ns,d.map.depthTexture.magFilter=ns}else l.isPointLight?(d.map=new ap(i.x),d.map.depthTexture=new Ld(i.x,ps)):(d.map=new ml(i.x,i.y),d.map.depthTexture=new Id(i.x,i.y,ps)),d.map.depthTexture.name=l.name+`.shadowMap`,d.map.depthTexture.format=ws,this.type===1?(d.map.depthTexture.compareFunction=h?518:515,d.map.depthTexture.minFilter=as,d.map.depthTexture.magFilter=as):(d.map.depthTexture.compareFunction=null,d.map.depthTexture.minFilter=ns,d.map.depthTexture.magFilter=ns);d.camera.updateProjectionMatrix()}d.map.isWebGLCubeRenderTarget!==!0&&(d.map.width!==i.x||d.map.height!==i.y)&&d.map.setSize(i.x,i.y);let g=d.map.isWebGLCubeRenderTarget?6:d.getViewportCount();l.isPointLight!==!0&&d.updateMatrices(l,s);let _=d.camera.layers.mask&4294967294?d.camera.layers:s.layers;for(let t=0;t<g;t++){let i=d.getCamera(t);if(l.isPointLight){let e=d.camera,n=d.matrix,r=l.distance||e.far;r!==e.far&&(e.far=r,e.updateProjectionMatrix()),Bh.setFromMatrixPosition(l.matrixWorld),e.position.copy(Bh),Vh.copy(e.position),Vh.add(Lh[t]),e.up.copy(Rh[t]),e.lookAt(Vh),e.updateMatrixWorld(),n.makeTranslation(-Bh.x,-Bh.y,-Bh.z),zh.multiplyMatrices(e.projectionMatrix,e.matrixWorldInverse),d._frustum.setFromProjectionMatrix(zh,e.coordinateSystem,e.reversedDepth)}if(d.map.isWebGLCubeRenderTarget)e.setRenderTarget(d.map,t),e.clear();else{t===0&&(e.setRenderTarget(d.map),e.clear());let n=d.getViewport(t);o.set(a.x*n.x,a.y*n.y,a.x*n.z,a.y*n.w),f.viewport(o)}r=d.getFrustum(t),b(n,s,i,l,_,this.type)}d.isPointLightShadow!==!0&&this.type===3&&v(d,s),d.needsUpdate=!1}_=this.type,g.needsUpdate=!1,e.setRenderTarget(c,l,d)};function v(n,r){let a=t.update(h);f.defines.VSM_SAMPLES!==n.blurSamples&&(f.defines.VSM_SAMPLES=n.blurSamples,p.defines.VSM_SAMPLES=n.blurSamples,f.needsUpdate=!0,p.needsUpdate=!0),n.mapPass===null?n.mapPass=new ml(i.x,i.y,{format:Os,type:hs}):(n.mapPass.width!==n.map.width||n.mapPass.height!==n.map.height)&&n.mapPass.setSize(n.map.width,n.map.height),f.uniforms.shadow_pass.value=n.map.depthTexture,f.uniforms.resolution.value.set(n.map.width,n.map.height),f.uniforms.radius.value=n.radius,e.setRenderTarget(n.mapPass),e.clear(),e.renderBufferDirect(r,null,a,f,h,null),p.uniforms.shadow_pass.value=n.mapPass.texture,p.uniforms.resolution.value.set(n.map.width,n.map.height),p.uniforms.radius.value=n.radius,e.setRenderTarget(n.map),e.clear(),e.renderBufferDirect(r,null,a,p,h,null)}function y(t,n,r,i){let a=null,o=r.isPointLight===!0?t.customDistanceMaterial:t.customDepthMaterial;if(o!==void 0)a=o;else if(a=r.isPointLight===!0?c:s,e.localClippingEnabled&&n.clipShadows===!0&&Array.isArray(n.clippingPlanes)&&n.clippingPlanes.length!==0||n.displacementMap&&n.displacementScale!==0||n.alphaMap&&n.alphaTest>0||n.map&&n.alphaTest>0||n.alphaToCoverage===!0){let e=a.uuid,t=n.uuid,r=l[e];r===void 0&&(r={},l[e]=r);let i=r[t];i===void 0&&(i=a.clone(),r[t]=i,n.addEventListener(`dispose`,x)),a=i}if(a.visible=n.visible,a.wireframe=n.wireframe,i===3?a.side=n.shadowSide===null?n.side:n.shadowSide:a.side=n.shadowSide===null?d[n.side]:n.shadowSide,a.alphaMap=n.alphaMap,a.alphaTest=n.alphaToCoverage===!0?.5:n.alphaTest,a.map=n.map,a.clipShadows=n.clipShadows,a.clippingPlanes=n.clippingPlanes,a.clipIntersection=n.clipIntersection,a.displacementMap=n.displacementMap,a.displacementScale=n.displacementScale,a.displacementBias=n.displacementBias,a.wireframeLinewidth=n.wireframeLinewidth,a.linewidth=n.linewidth,r.isPointLight===!0&&a.isMeshDistanceMaterial===!0){let t=e.properties.get(a);t.light=r}return a}function b(n,i,a,o,s,c){if(n.visible===!1)return;if(n.layers.test(s)&&(n.isMesh||n.isLine||n.isPoints)&&(n.castShadow||n.receiveShadow&&c===3)&&(!n.frustumCulled||n.intersectsFrustum(r))){n.modelViewMatrix.multiplyMatrices(a.matrixWorldInverse,n.matrixWorld);let r=t.update(n),s=n.material;if(Array.isArray(s)){let t=r.groups;for(let l=0,u=t.length;l<u;l++){let u=t[l],d=s[u.materialIndex];if(d&&d.visible){let t=y(n,d,o,c);n.onBeforeShadow(e,n,i,a,r,t,u),e.renderBufferDirect(a,null,r,t,n,u),n.onAfterShadow(e,n,i,a,r,t,u)}}}else if(s.visible){let t=y(n,s,o,c);n.onBeforeShadow(e,n,i,a,r,t,null),e.renderBufferDirect(a,null,r,t,n,null),n.onAfterShadow(e,n,i,a,r,t,null)}}let l=n.children;for(let e=0,t=l.length;e<t;e++)b(l[e],i,a,o,s,c)}function x(e){e.target.removeEventListener(`dispose`,x);for(let t in l){let n=l[t],r=e.target.uuid;r in n&&(n[r].dispose(),delete n[r])}}}function Uh(e,t){function n(){let t=!1,n=new fl,r=null,i=new fl(0,0,0,0);return{setMask:function(n){r!==n&&!t&&(e.colorMask(n,n,n,n),r=n)},setLocked:function(e){t=e},setClear:function(t,r,a,o,s){s===!0&&(t*=o,r*=o,a*=o),n.set(t,r,a,o),i.equals(n)===!1&&(e.clearColor(t,r,a,o),i.copy(n))},reset:function(){t=!1,r=null,i.set(-1,0,0,0)}}}function r(){let n=!1,r=!1,i=null,a=null,o=null;return{setReversed:function(e){if(r!==e){let n=t.get(`EXT_clip_control`);e?n.clipControlEXT(n.LOWER_LEFT_EXT,n.ZERO_TO_ONE_EXT):n.clipControlEXT(n.LOWER_LEFT_EXT,n.NEGATIVE_ONE_TO_ONE_EXT),r=e;let i=o;o=null,this.setClear(i)}},getReversed:function(){return r},setTest:function(t){t?ce(e.DEPTH_TEST):le(e.DEPTH_TEST)},setMask:function(t){i!==t&&!n&&(e.depthMask(t),i=t)},setFunc:function(t){if(r&&(t=Lc[t]),a!==t){switch(t){case 0:e.depthFunc(e.NEVER);break;case 1:e.depthFunc(e.ALWAYS);break;case 2:e.depthFunc(e.LESS);break;case 3:e.depthFunc(e.LEQUAL);break;case 4:e.depthFunc(e.EQUAL);break;case 5:e.depthFunc(e.GEQUAL);break;case 6:e.depthFunc(e.GREATER);break;case 7:e.depthFunc(e.NOTEQUAL);break;default:e.depthFunc(e.LEQUAL)}a=t}},setLocked:function(e){n=e},setClear:function(t){o!==t&&(o=t,r&&(t=1-t),e.clearDepth(t))},reset:function(){n=!1,i=null,a=null,o=null,r=!1}}}function i(){let t=!1,n=null,r=null,i=null,a=null,o=null,s=null,c=null,l=null;return{setTest:function(n){t||(n?ce(e.STENCIL_TEST):le(e.STENCIL_TEST))},setMask:function(r){n!==r&&!t&&(e.stencilMask(r),n=r)},setFunc:function(t,n,o){(r!==t||i!==n||a!==o)&&(e.stencilFunc(t,n,o),r=t,i=n,a=o)},setOp:function(t,n,r){(o!==t||s!==n||c!==r)&&(e.stencilOp(t,n,r),o=t,s=n,c=r)},setLocked:function(e){t=e},setClear:function(t){l!==t&&(e.clearStencil(t),l=t)},reset:function(){t=!1,n=null,r=null,i=null,a=null,o=null,s=null,c=null,l=null}}}let a=new n,o=new r,s=new i,c={},l=new WeakMap,u={},d={},f={},p=new WeakMap,m=[],h=null,g=!1,_=null,v=null,y=null,b=null,x=null,S=null,C=null,w=new Z(0,0,0),T=0,E=!1,D=null,O=null,k=null,A=null,j=null,M=e.getParameter(e.MAX_COMBINED_TEXTURE_IMAGE_UNITS),N=!1,ee=0,te=e.getParameter(e.VERSION);te.indexOf(`WebGL`)===-1?te.indexOf(`OpenGL ES`)!==-1&&(ee=parseFloat(/^OpenGL ES (\d)/.exec(te)[1]),N=ee>=2):(ee=parseFloat(/^WebGL (\d)/.exec(te)[1]),N=ee>=1);let P=null,F={},ne=e.getParameter(e.SCISSOR_BOX),re=e.getParameter(e.VIEWPORT),ie=new fl().fromArray(ne),ae=new fl().fromArray(re);function oe(t,n,r,i){let a=new Uint8Array(4),o=e.createTexture();e.bindTexture(t,o),e.texParameteri(t,e.TEXTURE_MIN_FILTER,e.NEAREST),e.texParameteri(t,e.TEXTURE_MAG_FILTER,e.NEAREST);for(let o=0;o<r;o++)t===e.TEXTURE_3D||t===e.TEXTURE_2D_ARRAY?e.texImage3D(n,0,e.RGBA,1,1,i,0,e.RGBA,e.UNSIGNED_BYTE,a):e.texImage2D(n+o,0,e.RGBA,1,1,0,e.RGBA,e.UNSIGNED_BYTE,a);return o}let se={};se[e.TEXTURE_2D]=oe(e.TEXTURE_2D,e.TEXTURE_2D,1),se[e.TEXTURE_CUBE_MAP]=oe(e.TEXTURE_CUBE_MAP,e.TEXTURE_CUBE_MAP_POSITIVE_X,6),se[e.TEXTURE_2D_ARRAY]=oe(e.TEXTURE_2D_ARRAY,e.TEXTURE_2D_ARRAY,1,1),se[e.TEXTURE_3D]=oe(e.TEXTURE_3D,e.TEXTURE_3D,1,1),a.setClear(0,0,0,1),o.setClear(1),s.setClear(0),ce(e.DEPTH_TEST),o.setFunc(3),_e(!1),I(1),ce(e.CULL_FACE),he(0);function ce(t){u[t]!==!0&&(e.enable(t),u[t]=!0)}function le(t){u[t]!==!1&&(e.disable(t),u[t]=!1)}function ue(t,n){return f[t]!==n&&(e.bindFramebuffer(t,n),f[t]=n,t===e.DRAW_FRAMEBUFFER&&(f[e.FRAMEBUFFER]=n),t===e.FRAMEBUFFER&&(f[e.DRAW_FRAMEBUFFER]=n),!0)}function de(t,n){let r=m,i=!1;if(t){r=p.get(n),r===void 0&&(r=[],p.set(n,r));let a=t.textures;if(r.length!==a.length||r[0]!==e.COLOR_ATTACHMENT0){for(let t=0,n=a.length;t<n;t++)r[t]=e.COLOR_ATTACHMENT0+t;r.length=a.length,i=!0}}else r[0]!==e.BACK&&(r[0]=e.BACK,i=!0);i&&e.drawBuffers(r)}function fe(t){return h!==t&&(e.useProgram(t),h=t,!0)}let pe={100:e.FUNC_ADD,101:e.FUNC_SUBTRACT,102:e.FUNC_REVERSE_SUBTRACT};pe[103]=e.MIN,pe[104]=e.MAX;let me={200:e.ZERO,201:e.ONE,202:e.SRC_COLOR,204:e.SRC_ALPHA,210:e.SRC_ALPHA_SATURATE,208:e.DST_COLOR,206:e.DST_ALPHA,203:e.ONE_MINUS_SRC_COLOR,205:e.ONE_MINUS_SRC_ALPHA,209:e.ONE_MINUS_DST_COLOR,207:e.ONE_MINUS_DST_ALPHA,211:e.CONSTANT_COLOR,212:e.ONE_MINUS_CONSTANT_COLOR,213:e.CONSTANT_ALPHA,214:e.ONE_MINUS_CONSTANT_ALPHA};function he(t,n,r,i,a,o,s,c,l,u){if(t===0)g===!0&&(le(e.BLEND),g=!1);else if(g===!1&&(ce(e.BLEND),g=!0),t!==5){if(t!==_||u!==E){if((v!==100||x!==100)&&(e.blendEquation(e.FUNC_ADD),v=100,x=100),u)switch(t){case 1:e.blendFuncSeparate(e.ONE,e.ONE_MINUS_SRC_ALPHA,e.ONE,e.ONE_MINUS_SRC_ALPHA);break;case 2:e.blendFunc(e.ONE,e.ONE);break;case 3:e.blendFuncSeparate(e.ZERO,e.ONE_MINUS_SRC_COLOR,e.ZERO,e.ONE);break;case 4:e.blendFuncSeparate(e.DST_COLOR,e.ONE_MINUS_SRC_ALPHA,e.ZERO,e.ONE);break;default:G(`WebGLState: Invalid blending: `,t)}else switch(t){case 1:e.blendFuncSeparate(e.SRC_ALPHA,e.ONE_MINUS_SRC_ALPHA,e.ONE,e.ONE_MINUS_SRC_ALPHA);break;case 2:e.blendFuncSeparate(e.SRC_ALPHA,e.ONE,e.ONE,e.ONE);break;case 3:G(`WebGLState: SubtractiveBlending requires material.premultipliedAlpha = true`);break;case 4:G(`WebGLState: MultiplyBlending requires material.premultipliedAlpha = true`);break;default:G(`WebGLState: Invalid blending: `,t)}y=null,b=null,S=null,C=null,w.set(0,0,0),T=0,_=t,E=u}}else a||=n,o||=r,s||=i,(n!==v||a!==x)&&(e.blendEquationSeparate(pe[n],pe[a]),v=n,x=a),(r!==y||i!==b||o!==S||s!==C)&&(e.blendFuncSeparate(me[r],me[i],me[o],me[s]),y=r,b=i,S=o,C=s),(c.equals(w)===!1||l!==T)&&(e.blendColor(c.r,c.g,c.b,l),w.copy(c),T=l),_=t,E=!1}function ge(t,n){t.side===2?le(e.CULL_FACE):ce(e.CULL_FACE);let r=t.side===1;n&&(r=!r),_e(r),t.blending===1&&t.transparent===!1?he(0):he(t.blending,t.blendEquation,t.blendSrc,t.blendDst,t.blendEquationAlpha,t.blendSrcAlpha,t.blendDstAlpha,t.blendColor,t.blendAlpha,t.premultipliedAlpha),o.setFunc(t.depthFunc),o.setTest(t.depthTest),o.setMask(t.depthWrite),a.setMask(t.colorWrite);let i=t.stencilWrite;s.setTest(i),i&&(s.setMask(t.stencilWriteMask),s.setFunc(t.stencilFunc,t.stencilRef,t.stencilFuncMask),s.setOp(t.stencilFail,t.stencilZFail,t.stencilZPass)),ye(t.polygonOffset,t.polygonOffsetFactor,t.polygonOffsetUnits),t.alphaToCoverage===!0?ce(e.SAMPLE_ALPHA_TO_COVERAGE):le(e.SAMPLE_ALPHA_TO_COVERAGE)}function _e(t){D!==t&&(t?e.frontFace(e.CW):e.frontFace(e.CCW),D=t)}function I(t){t===0?le(e.CULL_FACE):(ce(e.CULL_FACE),t!==O&&(t===1?e.cullFace(e.BACK):t===2?e.cullFace(e.FRONT):e.cullFace(e.FRONT_AND_BACK))),O=t}function ve(t){t!==k&&(N&&e.lineWidth(t),k=t)}function ye(t,n,r){t?(ce(e.POLYGON_OFFSET_FILL),(A!==n||j!==r)&&(A=n,j=r,o.getReversed()&&(n=-n,r=-r),e.polygonOffset(n,r))):le(e.POLYGON_OFFSET_FILL)}function L(t){t?ce(e.SCISSOR_TEST):le(e.SCISSOR_TEST)}function be(t){t===void 0&&(t=e.TEXTURE0+M-1),P!==t&&(e.activeTexture(t),P=t)}function R(t,n,r){r===void 0&&(r=P===null?e.TEXTURE0+M-1:P);let i=F[r];i===void 0&&(i={type:void 0,texture:void 0},F[r]=i),(i.type!==t||i.texture!==n)&&(P!==r&&(e.activeTexture(r),P=r),e.bindTexture(t,n||se[t]),i.type=t,i.texture=n)}function xe(){let t=F[P];t!==void 0&&t.type!==void 0&&(e.bindTexture(t.type,null),t.type=void 0,t.texture=void 0)}function Se(){try{e.compressedTexImage2D(...arguments)}catch(e){G(`WebGLState:`,e)}}function Ce(){try{e.compressedTexImage3D(...arguments)}catch(e){G(`WebGLState:`,e)}}function z(){try{e.texSubImage2D(...arguments)}catch(e){G(`WebGLState:`,e)}}function we(){try{e.texSubImage3D(...arguments)}catch(e){G(`WebGLState:`,e)}}function B(){try{e.compressedTexSubImage2D(...arguments)}catch(e){G(`WebGLState:`,e)}}function V(){try{e.compressedTexSubImage3D(...arguments)}catch(e){G(`WebGLState:`,e)}}function Te(){try{e.texStorage2D(...arguments)}catch(e){G(`WebGLState:`,e)}}function Ee(){try{e.texStorage3D(...arguments)}catch(e){G(`WebGLState:`,e)}}function De(){try{e.texImage2D(...arguments)}catch(e){G(`WebGLState:`,e)}}function Oe(){try{e.texImage3D(...arguments)}catch(e){G(`WebGLState:`,e)}}function ke(t){return d[t]===void 0?e.getParameter(t):d[t]}function Ae(t,n){d[t]!==n&&(e.pixelStorei(t,n),d[t]=n)}function je(t){ie.equals(t)===!1&&(e.scissor(t.x,t.y,t.z,t.w),ie.copy(t))}function Me(t){ae.equals(t)===!1&&(e.viewport(t.x,t.y,t.z,t.w),ae.copy(t))}function Ne(t,n){let r=l.get(n);r===void 0&&(r=new WeakMap,l.set(n,r));let i=r.get(t);i===void 0&&(i=e.getUniformBlockIndex(n,t.name),e.uniformBlockBinding(n,i,i),r.set(t,i))}function Pe(t,n,r){let i=l.get(n).get(t);c[i]!==r&&(e.bindBufferBase(e.UNIFORM_BUFFER,i,r),c[i]=r)}function Fe(){e.disable(e.BLEND),e.disable(e.CULL_FACE),e.disable(e.DEPTH_TEST),e.disable(e.POLYGON_OFFSET_FILL),e.disable(e.SCISSOR_TEST),e.disable(e.STENCIL_TEST),e.disable(e.SAMPLE_ALPHA_TO_COVERAGE),e.blendEquation(e.FUNC_ADD),e.blendFunc(e.ONE,e.ZERO),e.blendFuncSeparate(e.ONE,e.ZERO,e.ONE,e.ZERO),e.blendColor(0,0,0,0),e.colorMask(!0,!0,!0,!0),e.clearColor(0,0,0,0),e.depthMask(!0),e.depthFunc(e.LESS),o.setReversed(!1),e.clearDepth(1),e.stencilMask(4294967295),e.stencilFunc(e.ALWAYS,0,4294967295),e.stencilOp(e.KEEP,e.KEEP,e.KEEP),e.clearStencil(0),e.cullFace(e.BACK),e.frontFace(e.CCW),e.polygonOffset(0,0),e.activeTexture(e.TEXTURE0),e.bindFramebuffer(e.FRAMEBUFFER,null),e.bindFramebuffer(e.DRAW_FRAMEBUFFER,null),e.bindFramebuffer(e.READ_FRAMEBUFFER,null),e.useProgram(null),e.lineWidth(1),e.scissor(0,0,e.canvas.width,e.canvas.height),e.viewport(0,0,e.canvas.width,e.canvas.height),e.pixelStorei(e.PACK_ALIGNMENT,4),e.pixelStorei(e.UNPACK_ALIGNMENT,4),e.pixelStorei(e.UNPACK_FLIP_Y_WEBGL,!1),e.pixelStorei(e.UNPACK_PREMULTIPLY_ALPHA_WEBGL,!1),e.pixelStorei(e.UNPACK_COLORSPACE_CONVERSION_WEBGL,e.BROWSER_DEFAULT_WEBGL),e.pixelStorei(e.PACK_ROW_LENGTH,0),e.pixelStorei(e.PACK_SKIP_PIXELS,0),e.pixelStorei(e.PACK_SKIP_ROWS,0),e.pixelStorei(e.UNPACK_ROW_LENGTH,0),e.pixelStorei(e.UNPACK_IMAGE_HEIGHT,0),e.pixelStorei(e.UNPACK_SKIP_PIXELS,0),e.pixelStorei(e.UNPACK_SKIP_ROWS,0),e.pixelStorei(e.UNPACK_SKIP_IMAGES,0),u={},d={},P=null,F={},f={},c={},p=new WeakMap,m=[],h=null,g=!1,_=null,v=null,y=null,b=null,x=null,S=null,C=null,w=new Z(0,0,0),T=0,E=!1,D=null,O=null,k=null,A=null,j=null,ie.set(0,0,e.canvas.width,e.canvas.height),ae.set(0,0,e.canvas.width,e.canvas.height),a.reset(),o.reset(),s.reset()}return{buffers:{color:a,depth:o,stencil:s},enable:ce,disable:le,bindFramebuffer:ue,drawBuffers:de,useProgram:fe,setBlending:he,setMaterial:ge,setFlipSided:_e,setCullFace:I,setLineWidth:ve,setPolygonOffset:ye,setScissorTest:L,activeTexture:be,bindTexture:R,unbindTexture:xe,compressedTexImage2D:Se,compressedTexImage3D:Ce,texImage2D:De,texImage3D:Oe,pixelStorei:Ae,getParameter:ke,updateUBOMapping:Ne,uniformBlockBinding:Pe,texStorage2D:Te,texStorage3D:Ee,texSubImage2D:z,texSubImage3D:we,compressedTexSubImage2D:B,compressedTexSubImage3D:V,scissor:je,viewport:Me,reset:Fe}}function Wh(e,t,n,r,i,a,o){let s=t.has(`WEBGL_multisampled_render_to_texture`)?t.get(`WEBGL_multisampled_render_to_texture`):null,c=typeof navigator>`u`?!1:/OculusBrowser/g.test(navigator.userAgent),l=new q,u=new WeakMap,d=new Set,f,p=new WeakMap,m=new Set,h=new FinalizationRegistry(e=>m.delete(e)),g=!1;try{g=typeof OffscreenCanvas<`u`&&new OffscreenCanvas(1,1).getContext(`2d`)!==null}catch{}function _(e,t){return g?new OffscreenCanvas(e,t):Ac(`canvas`)}function v(e,t,n){let r=1,i=Te(e);if((i.width>n||i.height>n)&&(r=n/Math.max(i.width,i.height)),r<1){if(typeof HTMLImageElement<`u`&&e instanceof HTMLImageElement||typeof HTMLCanvasElement<`u`&&e instanceof HTMLCanvasElement||typeof ImageBitmap<`u`&&e instanceof ImageBitmap||typeof VideoFrame<`u`&&e instanceof VideoFrame){let n=Math.floor(r*i.width),a=Math.floor(r*i.height);f===void 0&&(f=_(n,a));let o=t?_(n,a):f;return o.width=n,o.height=a,o.getContext(`2d`).drawImage(e,0,0,n,a),W(`WebGLRenderer: Texture has been resized from (`+i.width+`x`+i.height+`) to (`+n+`x`+a+`).`),o}return`data`in e&&W(`WebGLRenderer: Image in DataTexture is too big (`+i.width+`x`+i.height+`).`),e}return e}function y(e){return e.generateMipmaps}function b(t){e.generateMipmap(t)}function x(t){return t.isWebGLCubeRenderTarget?e.TEXTURE_CUBE_MAP:t.isWebGL3DRenderTarget?e.TEXTURE_3D:t.isWebGLArrayRenderTarget||t.isCompressedArrayTexture?e.TEXTURE_2D_ARRAY:e.TEXTURE_2D}function S(n,r,i,a,o,s=!1){if(n!==null){if(e[n]!==void 0)return e[n];W(`WebGLRenderer: Attempt to use non-existing WebGL internal format '`+n+`'`)}let c;a&&(c=t.get(`EXT_texture_norm16`),c||W(`WebGLRenderer: Unable to use normalized textures without EXT_texture_norm16 extension`));let l=r;if(r===e.RED&&(i===e.FLOAT&&(l=e.R32F),i===e.HALF_FLOAT&&(l=e.R16F),i===e.UNSIGNED_BYTE&&(l=e.R8),i===e.UNSIGNED_SHORT&&c&&(l=c.R16_EXT),i===e.SHORT&&c&&(l=c.R16_SNORM_EXT)),r===e.RED_INTEGER&&(i===e.UNSIGNED_BYTE&&(l=e.R8UI),i===e.UNSIGNED_SHORT&&(l=e.R16UI),i===e.UNSIGNED_INT&&(l=e.R32UI),i===e.BYTE&&(l=e.R8I),i===e.SHORT&&(l=e.R16I),i===e.INT&&(l=e.R32I)),r===e.RG&&(i===e.FLOAT&&(l=e.RG32F),i===e.HALF_FLOAT&&(l=e.RG16F),i===e.UNSIGNED_BYTE&&(l=e.RG8),i===e.UNSIGNED_SHORT&&c&&(l=c.RG16_EXT),i===e.SHORT&&c&&(l=c.RG16_SNORM_EXT)),r===e.RG_INTEGER&&(i===e.UNSIGNED_BYTE&&(l=e.RG8UI),i===e.UNSIGNED_SHORT&&(l=e.RG16UI),i===e.UNSIGNED_INT&&(l=e.RG32UI),i===e.BYTE&&(l=e.RG8I),i===e.SHORT&&(l=e.RG16I),i===e.INT&&(l=e.RG32I)),r===e.RGB_INTEGER&&(i===e.UNSIGNED_BYTE&&(l=e.RGB8UI),i===e.UNSIGNED_SHORT&&(l=e.RGB16UI),i===e.UNSIGNED_INT&&(l=e.RGB32UI),i===e.BYTE&&(l=e.RGB8I),i===e.SHORT&&(l=e.RGB16I),i===e.INT&&(l=e.RGB32I)),r===e.RGBA_INTEGER&&(i===e.UNSIGNED_BYTE&&(l=e.RGBA8UI),i===e.UNSIGNED_SHORT&&(l=e.RGBA16UI),i===e.UNSIGNED_INT&&(l=e.RGBA32UI),i===e.BYTE&&(l=e.RGBA8I),i===e.SHORT&&(l=e.RGBA16I),i===e.INT&&(l=e.RGBA32I)),r===e.RGB&&(i===e.UNSIGNED_SHORT&&c&&(l=c.RGB16_EXT),i===e.SHORT&&c&&(l=c.RGB16_SNORM_EXT),i===e.UNSIGNED_INT_5_9_9_9_REV&&(l=e.RGB9_E5),i===e.UNSIGNED_INT_10F_11F_11F_REV&&(l=e.R11F_G11F_B10F)),r===e.RGBA){let t=s?Cc:X.getTransfer(o);i===e.FLOAT&&(l=e.RGBA32F),i===e.HALF_FLOAT&&(l=e.RGBA16F),i===e.UNSIGNED_BYTE&&(l=t===`srgb`?e.SRGB8_ALPHA8:e.RGBA8),i===e.UNSIGNED_SHORT&&c&&(l=c.RGBA16_EXT),i===e.SHORT&&c&&(l=c.RGBA16_SNORM_EXT),i===e.UNSIGNED_SHORT_4_4_4_4&&(l=e.RGBA4),i===e.UNSIGNED_SHORT_5_5_5_1&&(l=e.RGB5_A1)}return(l===e.R16F||l===e.R32F||l===e.RG16F||l===e.RG32F||l===e.RGBA16F||l===e.RGBA32F)&&t.get(`EXT_color_buffer_float`),l}function C(t,n){let r;return t?n===null||n===1014||n===1020?r=e.DEPTH24_STENCIL8:n===1015?r=e.DEPTH32F_STENCIL8:n===1012&&(r=e.DEPTH24_STENCIL8,W(`DepthTexture: 16 bit depth attachment is not supported with stencil. Using 24-bit attachment.`)):n===null||n===1014||n===1020?r=e.DEPTH_COMPONENT24:n===1015?r=e.DEPTH_COMPONENT32F:n===1012&&(r=e.DEPTH_COMPONENT16),r}function w(e,t){return y(e)===!0||e.isFramebufferTexture&&e.minFilter!==1003&&e.minFilter!==1006?Math.log2(Math.max(t.width,t.height))+1:e.mipmaps.length>0?e.mipmaps.length:e.isCompressedTexture&&Array.isArray(e.image)?t.mipmaps.length:1}function T(e){let t=new WeakRef(e);r.get(e).__ref=t,m.add(t),h.register(e,t,t)}function E(e){let t=r.get(e).__ref;t!==void 0&&(m.delete(t),h.unregister(t))}function D(e){k(e.target)}function O(e){A(e.target)}function k(e){e.removeEventListener(`dispose`,D),E(e),M(e),e.isVideoTexture&&u.delete(e),e.isHTMLTexture&&d.delete(e)}function A(e){e.removeEventListener(`dispose`,O),E(e),ee(e)}function j(){for(let e of m){let t=e.deref();t!==void 0&&(t.isRenderTarget===!0?A(t):k(t))}m.clear(),d.clear()}function M(e){let t=r.get(e);if(t.__webglInit===void 0)return;let n=e.source,i=p.get(n);if(i){let r=i[t.__cacheKey];r.usedTimes--,r.usedTimes===0&&N(e),Object.keys(i).length===0&&p.delete(n)}r.remove(e)}function N(t){let n=r.get(t);e.deleteTexture(n.__webglTexture);let i=t.source,a=p.get(i);delete a[n.__cacheKey],o.memory.textures--}function ee(t){let n=r.get(t);n.__depthDisposeCallback&&n.__depthDisposeCallback();let i=t.depthTexture;if(i&&i.renderTarget===t&&k(i),t.isWebGLCubeRenderTarget)for(let t=0;t<6;t++){if(Array.isArray(n.__webglFramebuffer[t]))for(let r=0;r<n.__webglFramebuffer[t].length;r++)e.deleteFramebuffer(n.__webglFramebuffer[t][r]);else e.deleteFramebuffer(n.__webglFramebuffer[t]);n.__webglDepthbuffer&&e.deleteRenderbuffer(n.__webglDepthbuffer[t])}else{if(Array.isArray(n.__webglFramebuffer))for(let t=0;t<n.__webglFramebuffer.length;t++)e.deleteFramebuffer(n.__webglFramebuffer[t]);else e.deleteFramebuffer(n.__webglFramebuffer);if(n.__webglDepthbuffer&&e.deleteRenderbuffer(n.__webglDepthbuffer),n.__webglMultisampledFramebuffer&&e.deleteFramebuffer(n.__webglMultisampledFramebuffer),n.__webglColorRenderbuffer)for(let t=0;t<n.__webglColorRenderbuffer.length;t++)n.__webglColorRenderbuffer[t]&&e.deleteRenderbuffer(n.__webglColorRenderbuffer[t]);n.__webglDepthRenderbuffer&&e.deleteRenderbuffer(n.__webglDepthRenderbuffer)}let a=t.textures;for(let t=0,n=a.length;t<n;t++){let n=r.get(a[t]);n.__webglTexture&&(e.deleteTexture(n.__webglTexture),o.memory.textures--),r.remove(a[t])}r.remove(t)}let te=0;function P(){te=0}function F(){return te}function ne(e){te=e}function re(){let e=te;return e>=i.maxTextures&&W(`WebGLTextures: Trying to use `+(e+1)+` texture units while this GPU supports only `+i.maxTextures),te+=1,e}function ie(e){let t=[];return t.push(e.wrapS),t.push(e.wrapT),t.push(e.wrapR||0),t.push(e.magFilter),t.push(e.minFilter),t.push(e.anisotropy),t.push(e.internalFormat),t.push(e.format),t.push(e.type),t.push(e.generateMipmaps),t.push(e.mipmapsAutoUpdate),t.push(e.premultiplyAlpha),t.push(e.flipY),t.push(e.unpackAlignment),t.push(e.colorSpace),t.join()}function ae(t,i){let a=r.get(t);if(t.isVideoTexture&&B(t),t.isRenderTargetTexture===!1&&t.isExternalTexture!==!0&&t.version>0&&a.__version!==t.version){let e=t.image;if(e===null)W(`WebGLRenderer: Texture marked for update but no image data found.`);else if(e.complete===!1)W(`WebGLRenderer: Texture marked for update but image is incomplete`);else{ge(a,t,i);return}}else t.isExternalTexture&&(a.__webglTexture=t.sourceTexture?t.sourceTexture:null);n.bindTexture(e.TEXTURE_2D,a.__webglTexture,e.TEXTURE0+i)}function oe(t,i){let a=r.get(t);t.isRenderTargetTexture===!1&&t.version>0&&a.__version!==t.version?ge(a,t,i):(t.isExternalTexture&&(a.__webglTexture=t.sourceTexture?t.sourceTexture:null),n.bindTexture(e.TEXTURE_2D_ARRAY,a.__webglTexture,e.TEXTURE0+i))}function se(t,i){let a=r.get(t);t.isRenderTargetTexture===!1&&t.version>0&&a.__version!==t.version?ge(a,t,i):n.bindTexture(e.TEXTURE_3D,a.__webglTexture,e.TEXTURE0+i)}function ce(t,i){let a=r.get(t);t.version>0&&a.__version!==t.version?_e(a,t,i):n.bindTexture(e.TEXTURE_CUBE_MAP,a.__webglTexture,e.TEXTURE0+i)}let le={[$o]:e.REPEAT,[es]:e.CLAMP_TO_EDGE,[ts]:e.MIRRORED_REPEAT},ue={[ns]:e.NEAREST,[rs]:e.NEAREST_MIPMAP_NEAREST,[is]:e.NEAREST_MIPMAP_LINEAR,[as]:e.LINEAR,[os]:e.LINEAR_MIPMAP_NEAREST,[ss]:e.LINEAR_MIPMAP_LINEAR},de={512:e.NEVER,519:e.ALWAYS,513:e.LESS,515:e.LEQUAL,514:e.EQUAL,518:e.GEQUAL,516:e.GREATER,517:e.NOTEQUAL};function fe(n,a){if(a.type===1015&&t.has(`OES_texture_float_linear`)===!1&&(a.magFilter===1006||a.magFilter===1007||a.magFilter===1005||a.magFilter===1008||a.minFilter===1006||a.minFilter===1007||a.minFilter===1005||a.minFilter===1008)&&W(`WebGLRenderer: Unable to use linear filtering with floating point textures. OES_texture_float_linear not supported on this device.`),e.texParameteri(n,e.TEXTURE_WRAP_S,le[a.wrapS]),e.texParameteri(n,e.TEXTURE_WRAP_T,le[a.wrapT]),(n===e.TEXTURE_3D||n===e.TEXTURE_2D_ARRAY)&&e.texParameteri(n,e.TEXTURE_WRAP_R,le[a.wrapR]),e.texParameteri(n,e.TEXTURE_MAG_FILTER,ue[a.magFilter]),e.texParameteri(n,e.TEXTURE_MIN_FILTER,ue[a.minFilter]),a.compareFunction&&(e.texParameteri(n,e.TEXTURE_COMPARE_MODE,e.COMPARE_REF_TO_TEXTURE),e.texParameteri(n,e.TEXTURE_COMPARE_FUNC,de[a.compareFunction])),t.has(`EXT_texture_filter_anisotropic`)===!0){if(a.magFilter===1003||a.minFilter!==1005&&a.minFilter!==1008||a.type===1015&&t.has(`OES_texture_float_linear`)===!1)return;if(a.anisotropy>1||r.get(a).__currentAnisotropy){let o=t.get(`EXT_texture_filter_anisotropic`);e.texParameterf(n,o.TEXTURE_MAX_ANISOTROPY_EXT,Math.min(a.anisotropy,i.getMaxAnisotropy())),r.get(a).__currentAnisotropy=a.anisotropy}}}function pe(t,n){let r=!1;t.__webglInit===void 0&&(t.__webglInit=!0,n.addEventListener(`dispose`,D),T(n));let i=n.source,a=p.get(i);a===void 0&&(a={},p.set(i,a));let s=ie(n);if(s!==t.__cacheKey){a[s]===void 0&&(a[s]={texture:e.createTexture(),usedTimes:0},o.memory.textures++,r=!0),a[s].usedTimes++;let i=a[t.__cacheKey];i!==void 0&&(a[t.__cacheKey].usedTimes--,i.usedTimes===0&&N(n)),t.__cacheKey=s,t.__webglTexture=a[s].texture}return r}function me(e,t,n){return Math.floor(Math.floor(e/n)/t)}function he(t,r,i,a){let o=t.updateRanges;if(o.length===0)n.texSubImage2D(e.TEXTURE_2D,0,0,0,r.width,r.height,i,a,r.data);else{o.sort((e,t)=>e.start-t.start);let s=0;for(let e=1;e<o.length;e++){let t=o[s],n=o[e],i=t.start+t.count,a=me(n.start,r.width,4),c=me(t.start,r.width,4);n.start<=i+1&&a===c&&me(n.start+n.count-1,r.width,4)===a?t.count=Math.max(t.count,n.start+n.count-t.start):(++s,o[s]=n)}o.length=s+1;let c=n.getParameter(e.UNPACK_ROW_LENGTH),l=n.getParameter(e.UNPACK_SKIP_PIXELS),u=n.getParameter(e.UNPACK_SKIP_ROWS);n.pixelStorei(e.UNPACK_ROW_LENGTH,r.width);for(let t=0,s=o.length;t<s;t++){let s=o[t],c=Math.floor(s.start/4),l=Math.ceil(s.count/4),u=c%r.width,d=Math.floor(c/r.width),f=l;n.pixelStorei(e.UNPACK_SKIP_PIXELS,u),n.pixelStorei(e.UNPACK_SKIP_ROWS,d),n.texSubImage2D(e.TEXTURE_2D,0,u,d,f,1,i,a,r.data)}t.clearUpdateRanges(),n.pixelStorei(e.UNPACK_ROW_LENGTH,c),n.pixelStorei(e.UNPACK_SKIP_PIXELS,l),n.pixelStorei(e.UNPACK_SKIP_ROWS,u)}}function ge(t,o,s){let c=e.TEXTURE_2D;(o.isDataArrayTexture||o.isCompressedArrayTexture)&&(c=e.TEXTURE_2D_ARRAY),o.isData3DTexture&&(c=e.TEXTURE_3D);let l=pe(t,o),u=o.source;n.bindTexture(c,t.__webglTexture,e.TEXTURE0+s);let f=r.get(u);if(u.version!==f.__version||l===!0){if(n.activeTexture(e.TEXTURE0+s),!(typeof ImageBitmap<`u`&&o.image instanceof ImageBitmap)){let t=X.getPrimaries(X.workingColorSpace),r=o.colorSpace===``?null:X.getPrimaries(o.colorSpace),i=o.colorSpace===``||t===r?e.NONE:e.BROWSER_DEFAULT_WEBGL;n.pixelStorei(e.UNPACK_FLIP_Y_WEBGL,o.flipY),n.pixelStorei(e.UNPACK_PREMULTIPLY_ALPHA_WEBGL,o.premultiplyAlpha),n.pixelStorei(e.UNPACK_COLORSPACE_CONVERSION_WEBGL,i)}n.pixelStorei(e.UNPACK_ALIGNMENT,o.unpackAlignment);let t=v(o.image,!1,i.maxTextureSize);t=V(o,t);let r=a.convert(o.format,o.colorSpace),p=a.convert(o.type),m=S(o.internalFormat,r,p,o.normalized,o.colorSpace,o.isVideoTexture);fe(c,o);let h,g=o.mipmaps,_=o.isVideoTexture!==!0,x=f.__version===void 0||l===!0,T=u.dataReady,E=w(o,t);if(o.isDepthTexture)m=C(o.format===Ts,o.type),x&&(_?n.texStorage2D(e.TEXTURE_2D,1,m,t.width,t.height):n.texImage2D(e.TEXTURE_2D,0,m,t.width,t.height,0,r,p,null));else if(o.isDataTexture){if(g.length>0){_&&x&&n.texStorage2D(e.TEXTURE_2D,E,m,g[0].width,g[0].height);for(let t=0,i=g.length;t<i;t++)h=g[t],_?T&&n.texSubImage2D(e.TEXTURE_2D,t,0,0,h.width,h.height,r,p,h.data):n.texImage2D(e.TEXTURE_2D,t,m,h.width,h.height,0,r,p,h.data);o.generateMipmaps=!1}else _?(x&&n.texStorage2D(e.TEXTURE_2D,E,m,t.width,t.height),T&&he(o,t,r,p)):n.texImage2D(e.TEXTURE_2D,0,m,t.width,t.height,0,r,p,t.data)}else if(o.isCompressedTexture){if(o.isCompressedArrayTexture){_&&x&&n.texStorage3D(e.TEXTURE_2D_ARRAY,E,m,g[0].width,g[0].height,t.depth);for(let i=0,a=g.length;i<a;i++)if(h=g[i],o.format!==1023){if(r!==null){if(_){if(T){if(o.layerUpdates.size>0){let t=Kf(h.width,h.height,o.format,o.type);for(let a of o.layerUpdates){let o=h.data.subarray(a*t/h.data.BYTES_PER_ELEMENT,(a+1)*t/h.data.BYTES_PER_ELEMENT);n.compressedTexSubImage3D(e.TEXTURE_2D_ARRAY,i,0,0,a,h.width,h.height,1,r,o)}}else n.compressedTexSubImage3D(e.TEXTURE_2D_ARRAY,i,0,0,0,h.width,h.height,t.depth,r,h.data)}}else n.compressedTexImage3D(e.TEXTURE_2D_ARRAY,i,m,h.width,h.height,t.depth,0,h.data,0,0)}else W(`WebGLRenderer: Attempt to load unsupported compressed texture format in .uploadTexture()`)}else _?T&&n.texSubImage3D(e.TEXTURE_2D_ARRAY,i,0,0,0,h.width,h.height,t.depth,r,p,h.data):n.texImage3D(e.TEXTURE_2D_ARRAY,i,m,h.width,h.height,t.depth,0,r,p,h.data);o.layerUpdates.size>0&&o.clearLayerUpdates()}else{_&&x&&n.texStorage2D(e.TEXTURE_2D,E,m,g[0].width,g[0].height);for(let t=0,i=g.length;t<i;t++)h=g[t],o.format===1023?_?T&&n.texSubImage2D(e.TEXTURE_2D,t,0,0,h.width,h.height,r,p,h.data):n.texImage2D(e.TEXTURE_2D,t,m,h.width,h.height,0,r,p,h.data):r===null?W(`WebGLRenderer: Attempt to load unsupported compressed texture format in .uploadTexture()`):_?T&&n.compressedTexSubImage2D(e.TEXTURE_2D,t,0,0,h.width,h.height,r,h.data):n.compressedTexImage2D(e.TEXTURE_2D,t,m,h.width,h.height,0,h.data)}}else if(o.isDataArrayTexture){if(_){if(x&&n.texStorage3D(e.TEXTURE_2D_ARRAY,E,m,t.width,t.height,t.depth),T){if(o.layerUpdates.size>0){let i=Kf(t.width,t.height,o.format,o.type);for(let a of o.layerUpdates){let o=t.data.subarray(a*i/t.data.BYTES_PER_ELEMENT,(a+1)*i/t.data.BYTES_PER_ELEMENT);n.texSubImage3D(e.TEXTURE_2D_ARRAY,0,0,0,a,t.width,t.height,1,r,p,o)}o.clearLayerUpdates()}else n.texSubImage3D(e.TEXTURE_2D_ARRAY,0,0,0,0,t.width,t.height,t.depth,r,p,t.data)}}else n.texImage3D(e.TEXTURE_2D_ARRAY,0,m,t.width,t.height,t.depth,0,r,p,t.data)}else if(o.isData3DTexture)_?(x&&n.texStorage3D(e.TEXTURE_3D,E,m,t.width,t.height,t.depth),T&&n.texSubImage3D(e.TEXTURE_3D,0,0,0,0,t.width,t.height,t.depth,r,p,t.data)):n.texImage3D(e.TEXTURE_3D,0,m,t.width,t.height,t.depth,0,r,p,t.data);else if(o.isFramebufferTexture){if(x){if(_)n.texStorage2D(e.TEXTURE_2D,E,m,t.width,t.height);else{let i=t.width,a=t.height;for(let t=0;t<E;t++)n.texImage2D(e.TEXTURE_2D,t,m,i,a,0,r,p,null),i>>=1,a>>=1}}}else if(o.isHTMLTexture){if(`texElementImage2D`in e){let n=e.canvas;if(n.hasAttribute(`layoutsubtree`)||n.setAttribute(`layoutsubtree`,`true`),t.parentNode!==n){n.appendChild(t),d.add(o),n.onpaint=e=>{let t=e.changedElements;for(let e of d)t.includes(e.image)&&(e.needsUpdate=!0)},n.requestPaint();return}if(e.texElementImage2D.length===3)e.texElementImage2D(e.TEXTURE_2D,e.RGBA8,t);else{let n=e.RGBA,r=e.RGBA,i=e.UNSIGNED_BYTE;e.texElementImage2D(e.TEXTURE_2D,0,n,r,i,t)}e.texParameteri(e.TEXTURE_2D,e.TEXTURE_MIN_FILTER,e.LINEAR),e.texParameteri(e.TEXTURE_2D,e.TEXTURE_WRAP_S,e.CLAMP_TO_EDGE),e.texParameteri(e.TEXTURE_2D,e.TEXTURE_WRAP_T,e.CLAMP_TO_EDGE)}}else if(g.length>0){if(_&&x){let t=Te(g[0]);n.texStorage2D(e.TEXTURE_2D,E,m,t.width,t.height)}for(let t=0,i=g.length;t<i;t++)h=g[t],_?T&&n.texSubImage2D(e.TEXTURE_2D,t,0,0,r,p,h):n.texImage2D(e.TEXTURE_2D,t,m,r,p,h);o.generateMipmaps=!1}else if(_){if(x){let r=Te(t);n.texStorage2D(e.TEXTURE_2D,E,m,r.width,r.height)}T&&n.texSubImage2D(e.TEXTURE_2D,0,0,0,r,p,t)}else n.texImage2D(e.TEXTURE_2D,0,m,r,p,t);y(o)&&o.mipmapsAutoUpdate===!0&&b(c),f.__version=u.version,o.onUpdate&&o.onUpdate(o)}t.__version=o.version}function _e(t,o,s){if(o.image.length!==6)return;let c=pe(t,o),l=o.source;n.bindTexture(e.TEXTURE_CUBE_MAP,t.__webglTexture,e.TEXTURE0+s);let u=r.get(l);if(l.version!==u.__version||c===!0){n.activeTexture(e.TEXTURE0+s);let t=X.getPrimaries(X.workingColorSpace),r=o.colorSpace===``?null:X.getPrimaries(o.colorSpace),d=o.colorSpace===``||t===r?e.NONE:e.BROWSER_DEFAULT_WEBGL;n.pixelStorei(e.UNPACK_FLIP_Y_WEBGL,o.flipY),n.pixelStorei(e.UNPACK_PREMULTIPLY_ALPHA_WEBGL,o.premultiplyAlpha),n.pixelStorei(e.UNPACK_ALIGNMENT,o.unpackAlignment),n.pixelStorei(e.UNPACK_COLORSPACE_CONVERSION_WEBGL,d);let f=o.isCompressedTexture||o.image[0].isCompressedTexture,p=o.image[0]&&o.image[0].isDataTexture,m=[];for(let e=0;e<6;e++)!f&&!p?m[e]=v(o.image[e],!0,i.maxCubemapSize):m[e]=p?o.image[e].image:o.image[e],m[e]=V(o,m[e]);let h=m[0],g=a.convert(o.format,o.colorSpace),_=a.convert(o.type),x=S(o.internalFormat,g,_,o.normalized,o.colorSpace),T=o.isVideoTexture!==!0,E=u.__version===void 0||c===!0,D=l.dataReady,O=w(o,h);fe(e.TEXTURE_CUBE_MAP,o);let k;if(o.isDepthTexture){if(x=C(o.format===Ts,o.type),E){if(T)n.texStorage2D(e.TEXTURE_CUBE_MAP,1,x,h.width,h.height);else for(let t=0;t<6;t++)n.texImage2D(e.TEXTURE_CUBE_MAP_POSITIVE_X+t,0,x,h.width,h.height,0,g,_,null)}}else if(f){T&&E&&n.texStorage2D(e.TEXTURE_CUBE_MAP,O,x,h.width,h.height);for(let t=0;t<6;t++){k=m[t].mipmaps;for(let r=0;r<k.length;r++){let i=k[r];o.format===1023?T?D&&n.texSubImage2D(e.TEXTURE_CUBE_MAP_POSITIVE_X+t,r,0,0,i.width,i.height,g,_,i.data):n.texImage2D(e.TEXTURE_CUBE_MAP_POSITIVE_X+t,r,x,i.width,i.height,0,g,_,i.data):g===null?W(`WebGLRenderer: Attempt to load unsupported compressed texture format in .setTextureCube()`):T?D&&n.compressedTexSubImage2D(e.TEXTURE_CUBE_MAP_POSITIVE_X+t,r,0,0,i.width,i.height,g,i.data):n.compressedTexImage2D(e.TEXTURE_CUBE_MAP_POSITIVE_X+t,r,x,i.width,i.height,0,i.data)}}}else{if(k=o.mipmaps,T&&E){k.length>0&&O++;let t=Te(m[0]);n.texStorage2D(e.TEXTURE_CUBE_MAP,O,x,t.width,t.height)}for(let t=0;t<6;t++)if(p){T?D&&n.texSubImage2D(e.TEXTURE_CUBE_MAP_POSITIVE_X+t,0,0,0,m[t].width,m[t].height,g,_,m[t].data):n.texImage2D(e.TEXTURE_CUBE_MAP_POSITIVE_X+t,0,x,m[t].width,m[t].height,0,g,_,m[t].data);for(let r=0;r<k.length;r++){let i=k[r].image[t].image;T?D&&n.texSubImage2D(e.TEXTURE_CUBE_MAP_POSITIVE_X+t,r+1,0,0,i.width,i.height,g,_,i.data):n.texImage2D(e.TEXTURE_CUBE_MAP_POSITIVE_X+t,r+1,x,i.width,i.height,0,g,_,i.data)}}else{T?D&&n.texSubImage2D(e.TEXTURE_CUBE_MAP_POSITIVE_X+t,0,0,0,g,_,m[t]):n.texImage2D(e.TEXTURE_CUBE_MAP_POSITIVE_X+t,0,x,g,_,m[t]);for(let r=0;r<k.length;r++){let i=k[r];T?D&&n.texSubImage2D(e.TEXTURE_CUBE_MAP_POSITIVE_X+t,r+1,0,0,g,_,i.image[t]):n.texImage2D(e.TEXTURE_CUBE_MAP_POSITIVE_X+t,r+1,x,g,_,i.image[t])}}}y(o)&&o.mipmapsAutoUpdate===!0&&b(e.TEXTURE_CUBE_MAP),u.__version=l.version,o.onUpdate&&o.onUpdate(o)}t.__version=o.version}function I(t,i,o,c,l,u){let d=a.convert(o.format,o.colorSpace),f=a.convert(o.type),p=S(o.internalFormat,d,f,o.normalized,o.colorSpace),m=r.get(i),h=r.get(o);if(h.__renderTarget=i,!m.__hasExternalTextures){let t=Math.max(1,i.width>>u),r=Math.max(1,i.height>>u);l===e.TEXTURE_3D||l===e.TEXTURE_2D_ARRAY?n.texImage3D(l,u,p,t,r,i.depth,0,d,f,null):n.texImage2D(l,u,p,t,r,0,d,f,null)}n.bindFramebuffer(e.FRAMEBUFFER,t),we(i)?s.framebufferTexture2DMultisampleEXT(e.FRAMEBUFFER,c,l,h.__webglTexture,0,z(i)):(l===e.TEXTURE_2D||l>=e.TEXTURE_CUBE_MAP_POSITIVE_X&&l<=e.TEXTURE_CUBE_MAP_NEGATIVE_Z)&&e.framebufferTexture2D(e.FRAMEBUFFER,c,l,h.__webglTexture,u),n.bindFramebuffer(e.FRAMEBUFFER,null)}function ve(t,n,r){if(e.bindRenderbuffer(e.RENDERBUFFER,t),n.depthBuffer){let i=n.depthTexture,a=i&&i.isDepthTexture?i.type:null,o=C(n.stencilBuffer,a),c=n.stencilBuffer?e.DEPTH_STENCIL_ATTACHMENT:e.DEPTH_ATTACHMENT;we(n)?s.renderbufferStorageMultisampleEXT(e.RENDERBUFFER,z(n),o,n.width,n.height):r?e.renderbufferStorageMultisample(e.RENDERBUFFER,z(n),o,n.width,n.height):e.renderbufferStorage(e.RENDERBUFFER,o,n.width,n.height),e.framebufferRenderbuffer(e.FRAMEBUFFER,c,e.RENDERBUFFER,t)}else{let t=n.textures;for(let i=0;i<t.length;i++){let o=t[i],c=a.convert(o.format,o.colorSpace),l=a.convert(o.type),u=S(o.internalFormat,c,l,o.normalized,o.colorSpace);we(n)?s.renderbufferStorageMultisampleEXT(e.RENDERBUFFER,z(n),u,n.width,n.height):r?e.renderbufferStorageMultisample(e.RENDERBUFFER,z(n),u,n.width,n.height):e.renderbufferStorage(e.RENDERBUFFER,u,n.width,n.height)}}e.bindRenderbuffer(e.RENDERBUFFER,null)}function ye(t,i,a){let o=i.isWebGLCubeRenderTarget===!0;if(n.bindFramebuffer(e.FRAMEBUFFER,t),!(i.depthTexture&&i.depthTexture.isDepthTexture))throw Error(`THREE.WebGLTextures: renderTarget.depthTexture must be an instance of THREE.DepthTexture.`);let c=r.get(i.depthTexture);c.__renderTarget=i;let l=o?i.depthTexture.image[0]:i.depthTexture.image;c.__webglTexture&&l.width===i.width&&l.height===i.height||(l.width=i.width,l.height=i.height,i.depthTexture.needsUpdate=!0),o?ce(i.depthTexture,0):ae(i.depthTexture,0);let u=c.__webglTexture,d=z(i),f=o?e.TEXTURE_CUBE_MAP_POSITIVE_X+a:e.TEXTURE_2D,p=i.depthTexture.format===1027?e.DEPTH_STENCIL_ATTACHMENT:e.DEPTH_ATTACHMENT;if(i.depthTexture.format===1026)we(i)?s.framebufferTexture2DMultisampleEXT(e.FRAMEBUFFER,p,f,u,0,d):e.framebufferTexture2D(e.FRAMEBUFFER,p,f,u,0);else if(i.depthTexture.format===1027)we(i)?s.framebufferTexture2DMultisampleEXT(e.FRAMEBUFFER,p,f,u,0,d):e.framebufferTexture2D(e.FRAMEBUFFER,p,f,u,0);else throw Error(`THREE.WebGLTextures: Unknown depthTexture format.`)}function L(t){let i=r.get(t),a=t.isWebGLCubeRenderTarget===!0;if(i.__boundDepthTexture!==t.depthTexture){let e=t.depthTexture;if(i.__depthDisposeCallback&&i.__depthDisposeCallback(),e){let t=()=>{delete i.__boundDepthTexture,delete i.__depthDisposeCallback,e.removeEventListener(`dispose`,t)};e.addEventListener(`dispose`,t),i.__depthDisposeCallback=t}i.__boundDepthTexture=e}if(t.depthTexture&&!i.__autoAllocateDepthBuffer){if(a)for(let e=0;e<6;e++)ye(i.__webglFramebuffer[e],t,e);else t.texture.mipmaps.length>0?ye(i.__webglFramebuffer[0],t,0):ye(i.__webglFramebuffer,t,0)}else if(a){i.__webglDepthbuffer=[];for(let r=0;r<6;r++)if(n.bindFramebuffer(e.FRAMEBUFFER,i.__webglFramebuffer[r]),i.__webglDepthbuffer[r]===void 0)i.__webglDepthbuffer[r]=e.createRenderbuffer(),ve(i.__webglDepthbuffer[r],t,!1);else{let n=t.stencilBuffer?e.DEPTH_STENCIL_ATTACHMENT:e.DEPTH_ATTACHMENT,a=i.__webglDepthbuffer[r];e.bindRenderbuffer(e.RENDERBUFFER,a),e.framebufferRenderbuffer(e.FRAMEBUFFER,n,e.RENDERBUFFER,a)}}else if(t.texture.mipmaps.length>0?n.bindFramebuffer(e.FRAMEBUFFER,i.__webglFramebuffer[0]):n.bindFramebuffer(e.FRAMEBUFFER,i.__webglFramebuffer),i.__webglDepthbuffer===void 0)i.__webglDepthbuffer=e.createRenderbuffer(),ve(i.__webglDepthbuffer,t,!1);else{let n=t.stencilBuffer?e.DEPTH_STENCIL_ATTACHMENT:e.DEPTH_ATTACHMENT,r=i.__webglDepthbuffer;e.bindRenderbuffer(e.RENDERBUFFER,r),e.framebufferRenderbuffer(e.FRAMEBUFFER,n,e.RENDERBUFFER,r)}n.bindFramebuffer(e.FRAMEBUFFER,null)}function be(t,n,i){let a=r.get(t);n!==void 0&&I(a.__webglFramebuffer,t,t.texture,e.COLOR_ATTACHMENT0,e.TEXTURE_2D,0),i!==void 0&&L(t)}function R(t){let i=t.texture,s=r.get(t),c=r.get(i);t.addEventListener(`dispose`,O),T(t);let l=t.textures,u=t.isWebGLCubeRenderTarget===!0,d=l.length>1;if(d||(c.__webglTexture===void 0&&(c.__webglTexture=e.createTexture()),c.__version=i.version,o.memory.textures++),u){s.__webglFramebuffer=[];for(let t=0;t<6;t++)if(i.mipmaps.length>0){s.__webglFramebuffer[t]=[];for(let n=0;n<i.mipmaps.length;n++)s.__webglFramebuffer[t][n]=e.createFramebuffer()}else s.__webglFramebuffer[t]=e.createFramebuffer()}else{if(i.mipmaps.length>0){s.__webglFramebuffer=[];for(let t=0;t<i.mipmaps.length;t++)s.__webglFramebuffer[t]=e.createFramebuffer()}else s.__webglFramebuffer=e.createFramebuffer();if(d)for(let t=0,n=l.length;t<n;t++){let n=r.get(l[t]);n.__webglTexture===void 0&&(n.__webglTexture=e.createTexture(),o.memory.textures++)}if(t.samples>0&&we(t)===!1){s.__webglMultisampledFramebuffer=e.createFramebuffer(),s.__webglColorRenderbuffer=[],n.bindFramebuffer(e.FRAMEBUFFER,s.__webglMultisampledFramebuffer);for(let n=0;n<l.length;n++){let r=l[n];s.__webglColorRenderbuffer[n]=e.createRenderbuffer(),e.bindRenderbuffer(e.RENDERBUFFER,s.__webglColorRenderbuffer[n]);let i=a.convert(r.format,r.colorSpace),o=a.convert(r.type),c=S(r.internalFormat,i,o,r.normalized,r.colorSpace,t.isXRRenderTarget===!0),u=z(t);e.renderbufferStorageMultisample(e.RENDERBUFFER,u,c,t.width,t.height),e.framebufferRenderbuffer(e.FRAMEBUFFER,e.COLOR_ATTACHMENT0+n,e.RENDERBUFFER,s.__webglColorRenderbuffer[n])}e.bindRenderbuffer(e.RENDERBUFFER,null),t.depthBuffer&&(s.__webglDepthRenderbuffer=e.createRenderbuffer(),ve(s.__webglDepthRenderbuffer,t,!0)),n.bindFramebuffer(e.FRAMEBUFFER,null)}}if(u){n.bindTexture(e.TEXTURE_CUBE_MAP,c.__webglTexture),fe(e.TEXTURE_CUBE_MAP,i);for(let n=0;n<6;n++)if(i.mipmaps.length>0)for(let r=0;r<i.mipmaps.length;r++)I(s.__webglFramebuffer[n][r],t,i,e.COLOR_ATTACHMENT0,e.TEXTURE_CUBE_MAP_POSITIVE_X+n,r);else I(s.__webglFramebuffer[n],t,i,e.COLOR_ATTACHMENT0,e.TEXTURE_CUBE_MAP_POSITIVE_X+n,0);y(i)?b(e.TEXTURE_CUBE_MAP):i.mipmaps.length>0&&e.texParameteri(e.TEXTURE_CUBE_MAP,e.TEXTURE_MAX_LEVEL,i.mipmaps.length-1),n.unbindTexture()}else if(d){for(let i=0,a=l.length;i<a;i++){let a=l[i],o=r.get(a),c=e.TEXTURE_2D;(t.isWebGL3DRenderTarget||t.isWebGLArrayRenderTarget)&&(c=t.isWebGL3DRenderTarget?e.TEXTURE_3D:e.TEXTURE_2D_ARRAY),n.bindTexture(c,o.__webglTexture),fe(c,a),I(s.__webglFramebuffer,t,a,e.COLOR_ATTACHMENT0+i,c,0),y(a)&&b(c)}n.unbindTexture()}else{let r=e.TEXTURE_2D;if((t.isWebGL3DRenderTarget||t.isWebGLArrayRenderTarget)&&(r=t.isWebGL3DRenderTarget?e.TEXTURE_3D:e.TEXTURE_2D_ARRAY),n.bindTexture(r,c.__webglTexture),fe(r,i),i.mipmaps.length>0)for(let n=0;n<i.mipmaps.length;n++)I(s.__webglFramebuffer[n],t,i,e.COLOR_ATTACHMENT0,r,n);else I(s.__webglFramebuffer,t,i,e.COLOR_ATTACHMENT0,r,0);y(i)?b(r):i.mipmaps.length>0&&e.texParameteri(r,e.TEXTURE_MAX_LEVEL,i.mipmaps.length-1),n.unbindTexture()}t.depthBuffer&&L(t)}function xe(e){let t=e.textures;for(let i=0,a=t.length;i<a;i++){let a=t[i];if(y(a)&&a.mipmapsAutoUpdate===!0){let t=x(e),i=r.get(a).__webglTexture;n.bindTexture(t,i),b(t),n.unbindTexture()}}}let Se=[];function Ce(t){if(t.samples>0){if(we(t)===!1){let i=t.textures,a=t.width,o=t.height,s=e.COLOR_BUFFER_BIT,l=t.stencilBuffer?e.DEPTH_STENCIL_ATTACHMENT:e.DEPTH_ATTACHMENT,u=r.get(t),d=i.length>1;if(d)for(let t=0;t<i.length;t++)n.bindFramebuffer(e.FRAMEBUFFER,u.__webglMultisampledFramebuffer),e.framebufferRenderbuffer(e.FRAMEBUFFER,e.COLOR_ATTACHMENT0+t,e.RENDERBUFFER,null),n.bindFramebuffer(e.FRAMEBUFFER,u.__webglFramebuffer),e.framebufferTexture2D(e.DRAW_FRAMEBUFFER,e.COLOR_ATTACHMENT0+t,e.TEXTURE_2D,null,0);n.bindFramebuffer(e.READ_FRAMEBUFFER,u.__webglMultisampledFramebuffer),t.texture.mipmaps.length>0?n.bindFramebuffer(e.DRAW_FRAMEBUFFER,u.__webglFramebuffer[0]):n.bindFramebuffer(e.DRAW_FRAMEBUFFER,u.__webglFramebuffer);for(let n=0;n<i.length;n++){if(t.resolveDepthBuffer&&(t.depthBuffer&&(s|=e.DEPTH_BUFFER_BIT),t.stencilBuffer&&t.resolveStencilBuffer&&(s|=e.STENCIL_BUFFER_BIT)),d){e.framebufferRenderbuffer(e.READ_FRAMEBUFFER,e.COLOR_ATTACHMENT0,e.RENDERBUFFER,u.__webglColorRenderbuffer[n]);let t=r.get(i[n]).__webglTexture;e.framebufferTexture2D(e.DRAW_FRAMEBUFFER,e.COLOR_ATTACHMENT0,e.TEXTURE_2D,t,0)}e.blitFramebuffer(0,0,a,o,0,0,a,o,s,e.NEAREST),c===!0&&(Se.length=0,Se.push(e.COLOR_ATTACHMENT0+n),t.depthBuffer&&t.storeMultisampledDepthBuffer===!1&&Se.push(l),e.invalidateFramebuffer(e.READ_FRAMEBUFFER,Se))}if(n.bindFramebuffer(e.READ_FRAMEBUFFER,null),n.bindFramebuffer(e.DRAW_FRAMEBUFFER,null),d)for(let t=0;t<i.length;t++){n.bindFramebuffer(e.FRAMEBUFFER,u.__webglMultisampledFramebuffer),e.framebufferRenderbuffer(e.FRAMEBUFFER,e.COLOR_ATTACHMENT0+t,e.RENDERBUFFER,u.__webglColorRenderbuffer[t]);let a=r.get(i[t]).__webglTexture;n.bindFramebuffer(e.FRAMEBUFFER,u.__webglFramebuffer),e.framebufferTexture2D(e.DRAW_FRAMEBUFFER,e.COLOR_ATTACHMENT0+t,e.TEXTURE_2D,a,0)}n.bindFramebuffer(e.DRAW_FRAMEBUFFER,u.__webglMultisampledFramebuffer)}else if(t.depthBuffer&&t.storeMultisampledDepthBuffer===!1&&c){let n=t.stencilBuffer?e.DEPTH_STENCIL_ATTACHMENT:e.DEPTH_ATTACHMENT;e.invalidateFramebuffer(e.DRAW_FRAMEBUFFER,[n])}}}function z(e){return Math.min(i.maxSamples,e.samples)}function we(e){let n=r.get(e);return e.samples>0&&t.has(`WEBGL_multisampled_render_to_texture`)===!0&&n.__useRenderToTexture!==!1}function B(e){let t=o.render.frame;u.get(e)!==t&&(u.set(e,t),e.update())}function V(e,t){let n=e.colorSpace,r=e.format,i=e.type;return e.isCompressedTexture===!0||e.isVideoTexture===!0||n!==`srgb-linear`&&n!==``&&(X.getTransfer(n)===`srgb`?(r!==1023||i!==1009)&&W(`WebGLTextures: sRGB encoded textures have to use RGBAFormat and UnsignedByteType.`):G(`WebGLTextures: Unsupported texture color space:`,n)),t}function Te(e){return typeof HTMLImageElement<`u`&&e instanceof HTMLImageElement?(l.width=e.naturalWidth||e.width,l.height=e.naturalHeight||e.height):typeof VideoFrame<`u`&&e instanceof VideoFrame?(l.width=e.displayWidth,l.height=e.displayHeight):(l.width=e.width,l.height=e.height),l}this.allocateTextureUnit=re,this.resetTextureUnits=P,this.getTextureUnits=F,this.setTextureUnits=ne,this.setTexture2D=ae,this.setTexture2DArray=oe,this.setTexture3D=se,this.setTextureCube=ce,this.rebindTextures=be,this.setupRenderTarget=R,this.updateRenderTargetMipmap=xe,this.updateMultisampleRenderTarget=Ce,this.setupDepthRenderbuffer=L,this.setupFrameBufferTexture=I,this.useMultisampledRTT=we,this.dispose=j}function Gh(e,t){function n(n,r=``){let i,a=X.getTransfer(r);if(n===1009)return e.UNSIGNED_BYTE;if(n===1017)return e.UNSIGNED_SHORT_4_4_4_4;if(n===1018)return e.UNSIGNED_SHORT_5_5_5_1;if(n===35902)return e.UNSIGNED_INT_5_9_9_9_REV;if(n===35899)return e.UNSIGNED_INT_10F_11F_11F_REV;if(n===1010)return e.BYTE;if(n===1011)return e.SHORT;if(n===1012)return e.UNSIGNED_SHORT;if(n===1013)return e.INT;if(n===1014)return e.UNSIGNED_INT;if(n===1015)return e.FLOAT;if(n===1016)return e.HALF_FLOAT;if(n===1021)return e.ALPHA;if(n===1022)return e.RGB;if(n===1023)return e.RGBA;if(n===1026)return e.DEPTH_COMPONENT;if(n===1027)return e.DEPTH_STENCIL;if(n===1028)return e.RED;if(n===1029)return e.RED_INTEGER;if(n===1030)return e.RG;if(n===1031)return e.RG_INTEGER;if(n===1033)return e.RGBA_INTEGER;if(n===33776||n===33777||n===33778||n===33779){if(a===`srgb`){if(i=t.get(`WEBGL_compressed_texture_s3tc_srgb`),i!==null){if(n===33776)return i.COMPRESSED_SRGB_S3TC_DXT1_EXT;if(n===33777)return i.COMPRESSED_SRGB_ALPHA_S3TC_DXT1_EXT;if(n===33778)return i.COMPRESSED_SRGB_ALPHA_S3TC_DXT3_EXT;if(n===33779)return i.COMPRESSED_SRGB_ALPHA_S3TC_DXT5_EXT}else return null}else if(i=t.get(`WEBGL_compressed_texture_s3tc`),i!==null){if(n===33776)return i.COMPRESSED_RGB_S3TC_DXT1_EXT;if(n===33777)return i.COMPRESSED_RGBA_S3TC_DXT1_EXT;if(n===33778)return i.COMPRESSED_RGBA_S3TC_DXT3_EXT;if(n===33779)return i.COMPRESSED_RGBA_S3TC_DXT5_EXT}else return null}if(n===35840||n===35841||n===35842||n===35843){if(i=t.get(`WEBGL_compressed_texture_pvrtc`),i!==null){if(n===35840)return i.COMPRESSED_RGB_PVRTC_4BPPV1_IMG;if(n===35841)return i.COMPRESSED_RGB_PVRTC_2BPPV1_IMG;if(n===35842)return i.COMPRESSED_RGBA_PVRTC_4BPPV1_IMG;if(n===35843)return i.COMPRESSED_RGBA_PVRTC_2BPPV1_IMG}else return null}if(n===36196||n===37492||n===37496||n===37488||n===37489||n===37490||n===37491){if(i=t.get(`WEBGL_compressed_texture_etc`),i!==null){if(n===36196||n===37492)return a===`srgb`?i.COMPRESSED_SRGB8_ETC2:i.COMPRESSED_RGB8_ETC2;if(n===37496)return a===`srgb`?i.COMPRESSED_SRGB8_ALPHA8_ETC2_EAC:i.COMPRESSED_RGBA8_ETC2_EAC;if(n===37488)return i.COMPRESSED_R11_EAC;if(n===37489)return i.COMPRESSED_SIGNED_R11_EAC;if(n===37490)return i.COMPRESSED_RG11_EAC;if(n===37491)return i.COMPRESSED_SIGNED_RG11_EAC}else return null}if(n===37808||n===37809||n===37810||n===37811||n===37812||n===37813||n===37814||n===37815||n===37816||n===37817||n===37818||n===37819||n===37820||n===37821){if(i=t.get(`WEBGL_compressed_texture_astc`),i!==null){if(n===37808)return a===`srgb`?i.COMPRESSED_SRGB8_ALPHA8_ASTC_4x4_KHR:i.COMPRESSED_RGBA_ASTC_4x4_KHR;if(n===37809)return a===`srgb`?i.COMPRESSED_SRGB8_ALPHA8_ASTC_5x4_KHR:i.COMPRESSED_RGBA_ASTC_5x4_KHR;if(n===37810)return a===`srgb`?i.COMPRESSED_SRGB8_ALPHA8_ASTC_5x5_KHR:i.COMPRESSED_RGBA_ASTC_5x5_KHR;if(n===37811)return a===`srgb`?i.COMPRESSED_SRGB8_ALPHA8_ASTC_6x5_KHR:i.COMPRESSED_RGBA_ASTC_6x5_KHR;if(n===37812)return a===`srgb`?i.COMPRESSED_SRGB8_ALPHA8_ASTC_6x6_KHR:i.COMPRESSED_RGBA_ASTC_6x6_KHR;if(n===37813)return a===`srgb`?i.COMPRESSED_SRGB8_ALPHA8_ASTC_8x5_KHR:i.COMPRESSED_RGBA_ASTC_8x5_KHR;if(n===37814)return a===`srgb`?i.COMPRESSED_SRGB8_ALPHA8_ASTC_8x6_KHR:i.COMPRESSED_RGBA_ASTC_8x6_KHR;if(n===37815)return a===`srgb`?i.COMPRESSED_SRGB8_ALPHA8_ASTC_8x8_KHR:i.COMPRESSED_RGBA_ASTC_8x8_KHR;if(n===37816)return a===`srgb`?i.COMPRESSED_SRGB8_ALPHA8_ASTC_10x5_KHR:i.COMPRESSED_RGBA_ASTC_10x5_KHR;if(n===37817)return a===`srgb`?i.COMPRESSED_SRGB8_ALPHA8_ASTC_10x6_KHR:i.COMPRESSED_RGBA_ASTC_10x6_KHR;if(n===37818)return a===`srgb`?i.COMPRESSED_SRGB8_ALPHA8_ASTC_10x8_KHR:i.COMPRESSED_RGBA_ASTC_10x8_KHR;if(n===37819)return a===`srgb`?i.COMPRESSED_SRGB8_ALPHA8_ASTC_10x10_KHR:i.COMPRESSED_RGBA_ASTC_10x10_KHR;if(n===37820)return a===`srgb`?i.COMPRESSED_SRGB8_ALPHA8_ASTC_12x10_KHR:i.COMPRESSED_RGBA_ASTC_12x10_KHR;if(n===37821)return a===`srgb`?i.COMPRESSED_SRGB8_ALPHA8_ASTC_12x12_KHR:i.COMPRESSED_RGBA_ASTC_12x12_KHR}else return null}if(n===36492||n===36494||n===36495){if(i=t.get(`EXT_texture_compression_bptc`),i!==null){if(n===36492)return a===`srgb`?i.COMPRESSED_SRGB_ALPHA_BPTC_UNORM_EXT:i.COMPRESSED_RGBA_BPTC_UNORM_EXT;if(n===36494)return i.COMPRESSED_RGB_BPTC_SIGNED_FLOAT_EXT;if(n===36495)return i.COMPRESSED_RGB_BPTC_UNSIGNED_FLOAT_EXT}else return null}if(n===36283||n===36284||n===36285||n===36286){if(i=t.get(`EXT_texture_compression_rgtc`),i!==null){if(n===36283)return i.COMPRESSED_RED_RGTC1_EXT;if(n===36284)return i.COMPRESSED_SIGNED_RED_RGTC1_EXT;if(n===36285)return i.COMPRESSED_RED_GREEN_RGTC2_EXT;if(n===36286)return i.COMPRESSED_SIGNED_RED_GREEN_RGTC2_EXT}else return null}return n===1020?e.UNSIGNED_INT_24_8:e[n]===void 0?null:e[n]}return{convert:n}}var Kh=`
void main() {

	gl_Position = vec4( position, 1.0 );

}`,qh=`
uniform sampler2DArray depthColor;
uniform float depthWidth;
uniform float depthHeight;

void main() {

	vec2 coord = vec2( gl_FragCoord.x / depthWidth, gl_FragCoord.y / depthHeight );

	if ( coord.x >= 1.0 ) {

		gl_FragDepth = texture( depthColor, vec3( coord.x - 1.0, coord.y, 1 ) ).r;

	} else {

		gl_FragDepth = texture( depthColor, vec3( coord.x, coord.y, 0 ) ).r;

	}

}`,Jh=class{constructor(){this.texture=null,this.mesh=null,this.depthNear=0,this.depthFar=0}init(e,t){if(this.texture===null){let n=new Rd(e.texture);(e.depthNear!==t.depthNear||e.depthFar!==t.depthFar)&&(this.depthNear=e.depthNear,this.depthFar=e.depthFar),this.texture=n}}getMesh(e){if(this.texture!==null&&this.mesh===null){let t=e.cameras[0].viewport,n=new Yd({vertexShader:Kh,fragmentShader:qh,uniforms:{depthColor:{value:this.texture},depthWidth:{value:t.z},depthHeight:{value:t.w}}});this.mesh=new _d(new Bd(20,20),n)}return this.mesh}reset(){this.texture=null,this.mesh=null}getDepthTexture(){return this.texture}},Yh=class extends Rc{constructor(e,t){super();let n=this,r=null,i=1,a=null,o=`local-floor`,s=1,c=null,l=null,u=null,d=null,f=null,p=null,m=typeof XRWebGLBinding<`u`,h=new Jh,g={},_=t.getContextAttributes(),v=null,y=null,b=[],x=[],S=new q,C=null,w=null,T=new Df;T.viewport=new fl;let E=new Df;E.viewport=new fl;let D=[T,E],O=new Nf,k=null,A=null;this.cameraAutoUpdate=!0,this.enabled=!1,this.isPresenting=!1,this.getController=function(e){let t=b[e];return t===void 0&&(t=new ql,b[e]=t),t.getTargetRaySpace()},this.getControllerGrip=function(e){let t=b[e];return t===void 0&&(t=new ql,b[e]=t),t.getGripSpace()},this.getHand=function(e){let t=b[e];return t===void 0&&(t=new ql,b[e]=t),t.getHandSpace()};function j(e){let t=x.indexOf(e.inputSource);if(t===-1)return;let n=b[t];n!==void 0&&(n.update(e.inputSource,e.frame,c||a),n.dispatchEvent({type:e.type,data:e.inputSource}))}function M(){r.removeEventListener(`select`,j),r.removeEventListener(`selectstart`,j),r.removeEventListener(`selectend`,j),r.removeEventListener(`squeeze`,j),r.removeEventListener(`squeezestart`,j),r.removeEventListener(`squeezeend`,j),r.removeEventListener(`end`,M),r.removeEventListener(`inputsourceschange`,N);for(let e=0;e<b.length;e++){let t=x[e];t!==null&&(x[e]=null,b[e].disconnect(t))}k=null,A=null,h.reset();for(let e in g)delete g[e];if(e.setRenderTarget(v),f=null,d=null,u=null,r=null,y=null,ne.stop(),n.isPresenting=!1,e.setPixelRatio(C),e.setSize(S.width,S.height,!1),w!==null){let e=w.camera;e.fov=w.fov,e.zoom=w.zoom,e.updateProjectionMatrix(),w=null}n.dispatchEvent({type:`sessionend`})}this.setFramebufferScaleFactor=function(e){i=e,n.isPresenting===!0&&W(`WebXRManager: Cannot change framebuffer scale while presenting.`)},this.setReferenceSpaceType=function(e){o=e,n.isPresenting===!0&&W(`WebXRManager: Cannot change reference space type while presenting.`)},this.getReferenceSpace=function(){return c||a},this.setReferenceSpace=function(e){c=e},this.getBaseLayer=function(){return d===null?f:d},this.getBinding=function(){return u===null&&m&&(u=new XRWebGLBinding(r,t)),u},this.getFrame=function(){return p},this.getSession=function(){return r},this.setSession=async function(l){if(r=l,r!==null){if(v=e.getRenderTarget(),r.addEventListener(`select`,j),r.addEventListener(`selectstart`,j),r.addEventListener(`selectend`,j),r.addEventListener(`squeeze`,j),r.addEventListener(`squeezestart`,j),r.addEventListener(`squeezeend`,j),r.addEventListener(`end`,M),r.addEventListener(`inputsourceschange`,N),_.xrCompatible!==!0&&await t.makeXRCompatible(),C=e.getPixelRatio(),e.getSize(S),m&&`createProjectionLayer`in XRWebGLBinding.prototype){let n=null,a=null,o=null;_.depth&&(o=_.stencil?t.DEPTH24_STENCIL8:t.DEPTH_COMPONENT24,n=_.stencil?Ts:ws,a=_.stencil?vs:ps);let s={colorFormat:t.RGBA8,depthFormat:o,scaleFactor:i};u=this.getBinding(),d=u.createProjectionLayer(s),r.updateRenderState({layers:[d]}),e.setPixelRatio(1),e.setSize(d.textureWidth,d.textureHeight,!1),y=new ml(d.textureWidth,d.textureHeight,{format:Cs,type:cs,depthTexture:new Id(d.textureWidth,d.textureHeight,a,void 0,void 0,void 0,void 0,void 0,void 0,n),stencilBuffer:_.stencil,colorSpace:e.outputColorSpace,samples:_.antialias?4:0,resolveDepthBuffer:d.ignoreDepthValues===!1,resolveStencilBuffer:d.ignoreDepthValues===!1,storeMultisampledDepthBuffer:d.ignoreDepthValues===!1,storeMultisampledStencilBuffer:d.ignoreDepthValues===!1})}else{let n={antialias:_.antialias,alpha:!0,depth:_.depth,stencil:_.stencil,framebufferScaleFactor:i};f=new XRWebGLLayer(r,t,n),r.updateRenderState({baseLayer:f}),e.setPixelRatio(1),e.setSize(f.framebufferWidth,f.framebufferHeight,!1),y=new ml(f.framebufferWidth,f.framebufferHeight,{format:Cs,type:cs,colorSpace:e.outputColorSpace,stencilBuffer:_.stencil,resolveDepthBuffer:f.ignoreDepthValues===!1,resolveStencilBuffer:f.ignoreDepthValues===!1,storeMultisampledDepthBuffer:f.ignoreDepthValues===!1,storeMultisampledStencilBuffer:f.ignoreDepthValues===!1})}y.isXRRenderTarget=!0,this.setFoveation(s),c=null,a=await r.requestReferenceSpace(o),ne.setContext(r),ne.start(),n.isPresenting=!0,n.dispatchEvent({type:`sessionstart`})}},this.getEnvironmentBlendMode=function(){if(r!==null)return r.environmentBlendMode},this.getDepthTexture=function(){return h.getDepthTexture()};function N(e){for(let t=0;t<e.removed.length;t++){let n=e.removed[t],r=x.indexOf(n);r>=0&&(x[r]=null,b[r].disconnect(n))}for(let t=0;t<e.added.length;t++){let n=e.added[t],r=x.indexOf(n);if(r===-1){for(let e=0;e<b.length;e++)if(e>=x.length){x.push(n),r=e;break}else if(x[e]===null){x[e]=n,r=e;break}if(r===-1)break}let i=b[r];i&&i.connect(n)}}function ee(e,t){t===null?e.matrixWorld.copy(e.matrix):e.matrixWorld.multiplyMatrices(t.matrixWorld,e.matrix),e.matrixWorldInverse.copy(e.matrixWorld).invert()}this.updateCamera=function(e){if(r===null)return;let t=e.near,n=e.far;h.texture!==null&&(h.depthNear>0&&(t=h.depthNear),h.depthFar>0&&(n=h.depthFar)),O.near=E.near=T.near=t,O.far=E.far=T.far=n,(k!==O.near||A!==O.far)&&(r.updateRenderState({depthNear:O.near,depthFar:O.far}),k=O.near,A=O.far),O.layers.mask=e.layers.mask|6,T.layers.mask=O.layers.mask&-5,E.layers.mask=O.layers.mask&-3;let i=e.parent,a=O.cameras;ee(O,i);for(let e=0;e<a.length;e++)ee(a[e],i);O.projectionMatrix.copy(T.projectionMatrix),O.projectionMatrixInverse.copy(T.projectionMatrixInverse),w===null&&e.isPerspectiveCamera&&(w={camera:e,fov:e.fov,zoom:e.zoom}),te(e,O,i)};function te(e,t,n){n===null?e.matrix.copy(t.matrixWorld):(e.matrix.copy(n.matrixWorld),e.matrix.invert(),e.matrix.multiply(t.matrixWorld)),e.matrix.decompose(e.position,e.quaternion,e.scale),e.updateMatrixWorld(!0),e.projectionMatrix.copy(t.projectionMatrix),e.projectionMatrixInverse.copy(t.projectionMatrixInverse),e.isPerspectiveCamera&&(e.fov=Vc*2*Math.atan(1/e.projectionMatrix.elements[5]),e.zoom=1)}this.getCamera=function(){return O},this.getFoveation=function(){if(d!==null||f!==null)return s},this.setFoveation=function(e){s=e,d!==null&&(d.fixedFoveation=e),f!==null&&f.fixedFoveation!==void 0&&(f.fixedFoveation=e)},this.hasDepthSensing=function(){return h.texture!==null},this.getDepthSensingMesh=function(){return h.getMesh(O)},this.getCameraTexture=function(e){return g[e]};let P=null;function F(t,i){if(l=i.getViewerPose(c||a),p=i,l!==null){let t=l.views;f!==null&&(e.setRenderTargetFramebuffer(y,f.framebuffer),e.setRenderTarget(y));let i=!1;t.length!==O.cameras.length&&(O.cameras.length=0,i=!0);for(let n=0;n<t.length;n++){let r=t[n],a=null;if(f!==null)a=f.getViewport(r);else{let t=u.getViewSubImage(d,r);a=t.viewport,n===0&&(e.setRenderTargetTextures(y,t.colorTexture,t.depthStencilTexture),e.setRenderTarget(y))}let o=D[n];o===void 0&&(o=new Df,o.layers.enable(n),o.viewport=new fl,D[n]=o),o.matrix.fromArray(r.transform.matrix),o.matrix.decompose(o.position,o.quaternion,o.scale),o.projectionMatrix.fromArray(r.projectionMatrix),o.projectionMatrixInverse.copy(o.projectionMatrix).invert(),o.viewport.set(a.x,a.y,a.width,a.height),n===0&&(O.matrix.copy(o.matrix),O.matrix.decompose(O.position,O.quaternion,O.scale)),i===!0&&O.cameras.push(o)}let a=r.enabledFeatures;if(a&&a.includes(`depth-sensing`)&&r.depthUsage==`gpu-optimized`&&m){u=n.getBinding();let e=u.getDepthInformation(t[0]);e&&e.isValid&&e.texture&&h.init(e,r.renderState)}if(a&&a.includes(`camera-access`)&&m){e.state.unbindTexture(),u=n.getBinding();for(let e=0;e<t.length;e++){let n=t[e].camera;if(n){let e=g[n];e||(e=new Rd,g[n]=e);let t=u.getCameraImage(n);e.sourceTexture=t}}}}for(let e=0;e<b.length;e++){let t=x[e],n=b[e];t!==null&&n!==void 0&&n.update(t,i,c||a)}P&&P(t,i),i.detectedPlanes&&n.dispatchEvent({type:`planesdetected`,data:i}),p=null}let ne=new Jf;ne.setAnimationLoop(F),this.setAnimationLoop=function(e){P=e},this.dispose=function(){}}},Xh=new _l,Zh=new Y;Zh.set(-1,0,0,0,1,0,0,0,1);function Qh(e,t){function n(e,t){e.matrixAutoUpdate===!0&&e.updateMatrix(),t.value.copy(e.matrix)}function r(t,n){n.color.getRGB(t.fogColor.value,Gd(e)),n.isFog?(t.fogNear.value=n.near,t.fogFar.value=n.far):n.isFogExp2&&(t.fogDensity.value=n.density)}function i(e,t,n,r,i){t.isNodeMaterial?t.uniformsNeedUpdate=!1:t.isMeshBasicMaterial?a(e,t):t.isMeshLambertMaterial?(a(e,t),t.envMap&&(e.envMapIntensity.value=t.envMapIntensity)):t.isMeshToonMaterial?(a(e,t),d(e,t)):t.isMeshPhongMaterial?(a(e,t),u(e,t),t.envMap&&(e.envMapIntensity.value=t.envMapIntensity)):t.isMeshStandardMaterial?(a(e,t),f(e,t),t.isMeshPhysicalMaterial&&p(e,t,i)):t.isMeshMatcapMaterial?(a(e,t),m(e,t)):t.isMeshDepthMaterial?a(e,t):t.isMeshDistanceMaterial?(a(e,t),h(e,t)):t.isMeshNormalMaterial?a(e,t):t.isLineBasicMaterial?(o(e,t),t.isLineDashedMaterial&&s(e,t)):t.isPointsMaterial?c(e,t,n,r):t.isSpriteMaterial?l(e,t):t.isShadowMaterial?(e.color.value.copy(t.color),e.opacity.value=t.opacity):t.isShaderMaterial&&(t.uniformsNeedUpdate=!1)}function a(e,r){e.opacity.value=r.opacity,r.color&&e.diffuse.value.copy(r.color),r.emissive&&e.emissive.value.copy(r.emissive).multiplyScalar(r.emissiveIntensity),r.map&&(e.map.value=r.map,n(r.map,e.mapTransform)),r.alphaMap&&(e.alphaMap.value=r.alphaMap,n(r.alphaMap,e.alphaMapTransform)),r.bumpMap&&(e.bumpMap.value=r.bumpMap,n(r.bumpMap,e.bumpMapTransform),e.bumpScale.value=r.bumpScale,r.side===1&&(e.bumpScale.value*=-1)),r.normalMap&&(e.normalMap.value=r.normalMap,n(r.normalMap,e.normalMapTransform),e.normalScale.value.copy(r.normalScale),r.side===1&&e.normalScale.value.negate()),r.displacementMap&&(e.displacementMap.value=r.displacementMap,n(r.displacementMap,e.displacementMapTransform),e.displacementScale.value=r.displacementScale,e.displacementBias.value=r.displacementBias),r.emissiveMap&&(e.emissiveMap.value=r.emissiveMap,n(r.emissiveMap,e.emissiveMapTransform)),r.specularMap&&(e.specularMap.value=r.specularMap,n(r.specularMap,e.specularMapTransform)),r.alphaTest>0&&(e.alphaTest.value=r.alphaTest);let i=t.get(r),a=i.envMap,o=i.envMapRotation;a&&(e.envMap.value=a,e.envMapRotation.value.setFromMatrix4(Xh.makeRotationFromEuler(o)).transpose(),a.isCubeTexture&&a.isRenderTargetTexture===!1&&e.envMapRotation.value.premultiply(Zh),e.reflectivity.value=r.reflectivity,e.ior.value=r.ior,e.refractionRatio.value=r.refractionRatio),r.lightMap&&(e.lightMap.value=r.lightMap,e.lightMapIntensity.value=r.lightMapIntensity,n(r.lightMap,e.lightMapTransform)),r.aoMap&&(e.aoMap.value=r.aoMap,e.aoMapIntensity.value=r.aoMapIntensity,n(r.aoMap,e.aoMapTransform))}function o(e,t){e.diffuse.value.copy(t.color),e.opacity.value=t.opacity,t.map&&(e.map.value=t.map,n(t.map,e.mapTransform))}function s(e,t){e.dashSize.value=t.dashSize,e.totalSize.value=t.dashSize+t.gapSize,e.scale.value=t.scale}function c(e,t,r,i){e.diffuse.value.copy(t.color),e.opacity.value=t.opacity,e.size.value=t.size*r,e.scale.value=i*.5,t.map&&(e.map.value=t.map,n(t.map,e.uvTransform)),t.alphaMap&&(e.alphaMap.value=t.alphaMap,n(t.alphaMap,e.alphaMapTransform)),t.alphaTest>0&&(e.alphaTest.value=t.alphaTest)}function l(e,t){e.diffuse.value.copy(t.color),e.opacity.value=t.opacity,e.rotation.value=t.rotation,t.map&&(e.map.value=t.map,n(t.map,e.mapTransform)),t.alphaMap&&(e.alphaMap.value=t.alphaMap,n(t.alphaMap,e.alphaMapTransform)),t.alphaTest>0&&(e.alphaTest.value=t.alphaTest)}function u(e,t){e.specular.value.copy(t.specular),e.shininess.value=Math.max(t.shininess,1e-4)}function d(e,t){t.gradientMap&&(e.gradientMap.value=t.gradientMap)}function f(e,t){e.metalness.value=t.metalness,t.metalnessMap&&(e.metalnessMap.value=t.metalnessMap,n(t.metalnessMap,e.metalnessMapTransform)),e.roughness.value=t.roughness,t.roughnessMap&&(e.roughnessMap.value=t.roughnessMap,n(t.roughnessMap,e.roughnessMapTransform)),t.envMap&&(e.envMapIntensity.value=t.envMapIntensity)}function p(e,t,r){e.ior.value=t.ior,t.diffuseRoughness>0&&(e.diffuseRoughness.value=t.diffuseRoughness,t.diffuseRoughnessMap&&(e.diffuseRoughnessMap.value=t.diffuseRoughnessMap,n(t.diffuseRoughnessMap,e.diffuseRoughnessMapTransform))),t.sheen>0&&(e.sheenColor.value.copy(t.sheenColor).multiplyScalar(t.sheen),e.sheenRoughness.value=t.sheenRoughness,t.sheenColorMap&&(e.sheenColorMap.value=t.sheenColorMap,n(t.sheenColorMap,e.sheenColorMapTransform)),t.sheenRoughnessMap&&(e.sheenRoughnessMap.value=t.sheenRoughnessMap,n(t.sheenRoughnessMap,e.sheenRoughnessMapTransform))),t.clearcoat>0&&(e.clearcoat.value=t.clearcoat,e.clearcoatRoughness.value=t.clearcoatRoughness,t.clearcoatMap&&(e.clearcoatMap.value=t.clearcoatMap,n(t.clearcoatMap,e.clearcoatMapTransform)),t.clearcoatRoughnessMap&&(e.clearcoatRoughnessMap.value=t.clearcoatRoughnessMap,n(t.clearcoatRoughnessMap,e.clearcoatRoughnessMapTransform)),t.clearcoatNormalMap&&(e.clearcoatNormalMap.value=t.clearcoatNormalMap,n(t.clearcoatNormalMap,e.clearcoatNormalMapTransform),e.clearcoatNormalScale.value.copy(t.clearcoatNormalScale),t.side===1&&e.clearcoatNormalScale.value.negate())),t.dispersion>0&&(e.dispersion.value=t.dispersion),t.retroreflectivity>0&&(e.retroreflectivity.value=t.retroreflectivity),t.iridescence>0&&(e.iridescence.value=t.iridescence,e.iridescenceIOR.value=t.iridescenceIOR,e.iridescenceThicknessMinimum.value=t.iridescenceThicknessMinimum,e.iridescenceThicknessMaximum.value=t.iridescenceThicknessMaximum,t.iridescenceMap&&(e.iridescenceMap.value=t.iridescenceMap,n(t.iridescenceMap,e.iridescenceMapTransform)),t.iridescenceThicknessMap&&(e.iridescenceThicknessMap.value=t.iridescenceThicknessMap,n(t.iridescenceThicknessMap,e.iridescenceThicknessMapTransform))),t.transmission>0&&(e.transmission.value=t.transmission,e.transmissionSamplerMap.value=r.texture,e.transmissionSamplerSize.value.set(r.width,r.height),t.transmissionMap&&(e.transmissionMap.value=t.transmissionMap,n(t.transmissionMap,e.transmissionMapTransform)),e.thickness.value=t.thickness,t.thicknessMap&&(e.thicknessMap.value=t.thicknessMap,n(t.thicknessMap,e.thicknessMapTransform)),e.attenuationDistance.value=t.attenuationDistance,e.attenuationColor.value.copy(t.attenuationColor)),t.anisotropy>0&&(e.anisotropyVector.value.set(t.anisotropy*Math.cos(t.anisotropyRotation),t.anisotropy*Math.sin(t.anisotropyRotation)),t.anisotropyMap&&(e.anisotropyMap.value=t.anisotropyMap,n(t.anisotropyMap,e.anisotropyMapTransform))),e.specularIntensity.value=t.specularIntensity,e.specularColor.value.copy(t.specularColor),t.specularColorMap&&(e.specularColorMap.value=t.specularColorMap,n(t.specularColorMap,e.specularColorMapTransform)),t.specularIntensityMap&&(e.specularIntensityMap.value=t.specularIntensityMap,n(t.specularIntensityMap,e.specularIntensityMapTransform))}function m(e,t){t.matcap&&(e.matcap.value=t.matcap)}function h(e,n){let r=t.get(n).light;e.referencePosition.value.setFromMatrixPosition(r.matrixWorld),e.nearDistance.value=r.shadow.camera.near,e.farDistance.value=r.shadow.camera.far}return{refreshFogUniforms:r,refreshMaterialUniforms:i}}function $h(e,t,n,r){let i={},a={};function o(e,t){let n=t.program;r.uniformBlockBinding(e,n,i[e.id])}function s(e,n){let o=i[e.id];o===void 0&&(m(e),o=c(e),i[e.id]=o,e.addEventListener(`dispose`,g));let s=n.program;r.updateUBOMapping(e,s);let u=t.render.frame;a[e.id]!==u&&(l(e),a[e.id]=u)}function c(t){let n=e.createBuffer(),r=t.__size,i=t.usage;return e.bindBuffer(e.UNIFORM_BUFFER,n),e.bufferData(e.UNIFORM_BUFFER,r,i),e.bindBuffer(e.UNIFORM_BUFFER,null),n}function l(t){let n=i[t.id],r=t.uniforms,a=t.__cache;e.bindBuffer(e.UNIFORM_BUFFER,n);for(let e=0,t=r.length;e<t;e++){let t=r[e];if(Array.isArray(t))for(let n=0,r=t.length;n<r;n++)u(t[n],e,n,a);else u(t,e,0,a)}e.bindBuffer(e.UNIFORM_BUFFER,null)}function u(t,n,r,i){if(f(t,n,r,i)===!0){let n=t.__offset,r=t.value;if(Array.isArray(r)){let e=0;for(let n=0;n<r.length;n++){let i=r[n],a=h(i,!0);d(i,t.__data,e),e+=a.storage/Float32Array.BYTES_PER_ELEMENT}}else d(r,t.__data,0);e.bufferSubData(e.UNIFORM_BUFFER,n,t.__data)}}function d(e,t,n){typeof e==`number`||typeof e==`boolean`?t[n]=e:e.isMatrix3?(t[n]=e.elements[0],t[n+1]=e.elements[1],t[n+2]=e.elements[2],t[n+3]=0,t[n+4]=e.elements[3],t[n+5]=e.elements[4],t[n+6]=e.elements[5],t[n+7]=0,t[n+8]=e.elements[6],t[n+9]=e.elements[7],t[n+10]=e.elements[8],t[n+11]=0):ArrayBuffer.isView(e)?t.set(e.subarray(0,t.length-n),n):e.toArray(t,n)}function f(e,t,n,r){let i=e.value,a=t+`_`+n;if(Array.isArray(i)){r[a]===void 0&&(r[a]=[]);let e=r[a],t=!1;for(let n=0;n<i.length;n++)p(i[n],e,n)===!0&&(t=!0);return t}return p(i,r,a)}function p(e,t,n){if(t[n]===void 0)return t[n]=typeof e==`number`||typeof e==`boolean`?e:ArrayBuffer.isView(e)?e.slice():e.clone(),!0;{let r=t[n];if(typeof e==`number`||typeof e==`boolean`){if(r!==e)return t[n]=e,!0}else if(ArrayBuffer.isView(e))return!0;else if(r.equals(e)===!1)return r.copy(e),!0}return!1}function m(e){let t=e.uniforms,n=0;for(let e=0,r=t.length;e<r;e++){let r=Array.isArray(t[e])?t[e]:[t[e]];for(let i=0,a=r.length;i<a;i++){let a=r[i],o=Array.isArray(a.value)?a.value:[a.value],s=Array.isArray(t[e])||Array.isArray(a.value),c=n;for(let e=0,t=o.length;e<t;e++){let t=o[e],r=h(t,s),i=n%16,a=i%r.boundary,l=i+a;n+=a,l!==0&&16-l<r.storage&&(n+=16-l),e===0&&(c=n),n+=r.storage}a.__data=new(a.type===`int`?Int32Array:a.type===`uint`?Uint32Array:Float32Array)((n-c)/Float32Array.BYTES_PER_ELEMENT),a.__offset=c}}let r=n%16;return r>0&&(n+=16-r),e.__size=n,e.__cache={},this}function h(e,t){let n={boundary:0,storage:0};return typeof e==`number`||typeof e==`boolean`?(n.boundary=4,n.storage=4):e.isVector2?(n.boundary=8,n.storage=8):e.isVector3||e.isColor?(n.boundary=16,n.storage=12):e.isVector4?(n.boundary=16,n.storage=16):e.isMatrix3?(n.boundary=16,n.storage=48):e.isMatrix4?(n.boundary=16,n.storage=64):e.isTexture?W(`WebGLRenderer: Texture samplers can not be part of an uniforms group.`):ArrayBuffer.isView(e)?(n.boundary=16,n.storage=e.byteLength):W(`WebGLRenderer: Unsupported uniform value type.`,e),t===!0&&(n.boundary=16,n.storage=Math.ceil(n.storage/16)*16),n}function g(t){let n=t.target;n.removeEventListener(`dispose`,g),e.deleteBuffer(i[n.id]),delete i[n.id],delete a[n.id]}function _(){for(let t in i)e.deleteBuffer(i[t]);i={},a={}}return{bind:o,update:s,dispose:_}}var eg=new Uint16Array([12469,15057,12620,14925,13266,14620,13807,14376,14323,13990,14545,13625,14713,13328,14840,12882,14931,12528,14996,12233,15039,11829,15066,11525,15080,11295,15085,10976,15082,10705,15073,10495,13880,14564,13898,14542,13977,14430,14158,14124,14393,13732,14556,13410,14702,12996,14814,12596,14891,12291,14937,11834,14957,11489,14958,11194,14943,10803,14921,10506,14893,10278,14858,9960,14484,14039,14487,14025,14499,13941,14524,13740,14574,13468,14654,13106,14743,12678,14818,12344,14867,11893,14889,11509,14893,11180,14881,10751,14852,10428,14812,10128,14765,9754,14712,9466,14764,13480,14764,13475,14766,13440,14766,13347,14769,13070,14786,12713,14816,12387,14844,11957,14860,11549,14868,11215,14855,10751,14825,10403,14782,10044,14729,9651,14666,9352,14599,9029,14967,12835,14966,12831,14963,12804,14954,12723,14936,12564,14917,12347,14900,11958,14886,11569,14878,11247,14859,10765,14828,10401,14784,10011,14727,9600,14660,9289,14586,8893,14508,8533,15111,12234,15110,12234,15104,12216,15092,12156,15067,12010,15028,11776,14981,11500,14942,11205,14902,10752,14861,10393,14812,9991,14752,9570,14682,9252,14603,8808,14519,8445,14431,8145,15209,11449,15208,11451,15202,11451,15190,11438,15163,11384,15117,11274,15055,10979,14994,10648,14932,10343,14871,9936,14803,9532,14729,9218,14645,8742,14556,8381,14461,8020,14365,7603,15273,10603,15272,10607,15267,10619,15256,10631,15231,10614,15182,10535,15118,10389,15042,10167,14963,9787,14883,9447,14800,9115,14710,8665,14615,8318,14514,7911,14411,7507,14279,7198,15314,9675,15313,9683,15309,9712,15298,9759,15277,9797,15229,9773,15166,9668,15084,9487,14995,9274,14898,8910,14800,8539,14697,8234,14590,7790,14479,7409,14367,7067,14178,6621,15337,8619,15337,8631,15333,8677,15325,8769,15305,8871,15264,8940,15202,8909,15119,8775,15022,8565,14916,8328,14804,8009,14688,7614,14569,7287,14448,6888,14321,6483,14088,6171,15350,7402,15350,7419,15347,7480,15340,7613,15322,7804,15287,7973,15229,8057,15148,8012,15046,7846,14933,7611,14810,7357,14682,7069,14552,6656,14421,6316,14251,5948,14007,5528,15356,5942,15356,5977,15353,6119,15348,6294,15332,6551,15302,6824,15249,7044,15171,7122,15070,7050,14949,6861,14818,6611,14679,6349,14538,6067,14398,5651,14189,5311,13935,4958,15359,4123,15359,4153,15356,4296,15353,4646,15338,5160,15311,5508,15263,5829,15188,6042,15088,6094,14966,6001,14826,5796,14678,5543,14527,5287,14377,4985,14133,4586,13869,4257,15360,1563,15360,1642,15358,2076,15354,2636,15341,3350,15317,4019,15273,4429,15203,4732,15105,4911,14981,4932,14836,4818,14679,4621,14517,4386,14359,4156,14083,3795,13808,3437,15360,122,15360,137,15358,285,15355,636,15344,1274,15322,2177,15281,2765,15215,3223,15120,3451,14995,3569,14846,3567,14681,3466,14511,3305,14344,3121,14037,2800,13753,2467,15360,0,15360,1,15359,21,15355,89,15346,253,15325,479,15287,796,15225,1148,15133,1492,15008,1749,14856,1882,14685,1886,14506,1783,14324,1608,13996,1398,13702,1183]),tg=null;function ng(){return tg===null&&(tg=new bd(eg,16,16,Os,hs),tg.name=`DFG_LUT`,tg.minFilter=as,tg.magFilter=as,tg.wrapS=es,tg.wrapT=es,tg.generateMipmaps=!1,tg.needsUpdate=!0),tg}var rg=class{constructor(e={}){let{canvas:t=jc(),context:n=null,depth:r=!0,stencil:i=!1,alpha:a=!1,antialias:o=!1,premultipliedAlpha:s=!0,preserveDrawingBuffer:c=!1,powerPreference:l=`default`,failIfMajorPerformanceCaveat:u=!1,reversedDepthBuffer:d=!1,outputBufferType:f=cs}=e;this.isWebGLRenderer=!0;let p;if(n!==null){if(typeof WebGLRenderingContext<`u`&&n instanceof WebGLRenderingContext)throw Error(`THREE.WebGLRenderer: WebGL 1 is not supported since r163.`);p=n.getContextAttributes().alpha}else p=a;let m=f,h=new Set([As,ks,Ds]),g=new Set([cs,ps,ds,vs,gs,_s]),_=new Uint32Array(4),v=new Int32Array(4),y={textures:[],min:[],max:[],resolution:[]},b=null,x=null,S=[],C=[],w=null;this.domElement=t,this.debug={checkShaderErrors:!0,diagnostics:{keywords:!1},onShaderError:null},this.autoClear=!0,this.autoClearColor=!0,this.autoClearDepth=!0,this.autoClearStencil=!0,this.sortObjects=!0,this.clippingPlanes=[],this.localClippingEnabled=!1,this.toneMapping=0,this.toneMappingExposure=1,this.transmissionResolutionScale=1;let T=this,E=!1,D=null,O=null,k=null,A=null;this._outputColorSpace=xc;let j=0,M=0,N=null,ee=-1,te=null,P=new fl,F=new fl,ne=null,re=new Z(0),ie=0,ae=t.width,oe=t.height,se=1,ce=null,le=null,ue=new fl(0,0,ae,oe),de=new fl(0,0,ae,oe),fe=!1,pe=new Td,me=new Dd,he=!1,ge=!1,_e=new _l,I=new J,ve=new fl,ye={background:null,fog:null,environment:null,overrideMaterial:null,isScene:!0},L=!1;function be(){return N===null?se:1}let R=n;function xe(e,n){return t.getContext(e,n)}let Se,Ce,z,we,B,V,Te,Ee,De,Oe,ke,Ae,je,Me,Ne,Pe,Fe,Ie,Le,Re,ze,Be,Ve;try{let e={alpha:!0,depth:r,stencil:i,antialias:o,premultipliedAlpha:s,preserveDrawingBuffer:c,powerPreference:l,failIfMajorPerformanceCaveat:u};if(`setAttribute`in t&&t.setAttribute(`data-engine`,`three.js r187`),t.addEventListener(`webglcontextlost`,We,!1),t.addEventListener(`webglcontextrestored`,Ge,!1),t.addEventListener(`webglcontextcreationerror`,Ke,!1),R===null){let t=`webgl2`;if(R=xe(t,e),R===null)throw xe(t)?Error(`THREE.WebGLRenderer: Error creating WebGL context with your selected attributes.`):Error(`THREE.WebGLRenderer: Error creating WebGL context.`)}He()}catch(e){throw t.removeEventListener(`webglcontextlost`,We,!1),t.removeEventListener(`webglcontextrestored`,Ge,!1),t.removeEventListener(`webglcontextcreationerror`,Ke,!1),G(`WebGLRenderer: `+e.message),e}function He(){Se=new Cp(R),Se.init(),ze=new Gh(R,Se),Ce=new rp(R,Se,e,ze),z=new Uh(R,Se),Ce.reversedDepthBuffer&&d&&z.buffers.depth.setReversed(!0),O=R.createFramebuffer(),k=R.createFramebuffer(),A=R.createFramebuffer(),we=new Ep(R),B=new Ch,V=new Wh(R,Se,z,B,Ce,ze,we),Te=new Sp(T),Ee=new Yf(R),Be=new tp(R,Ee),De=new wp(R,Ee,we,Be),Oe=new Op(R,De,Ee,Be,we),Ie=new Dp(R,Ce,V),Ne=new ip(B),ke=new Sh(T,Te,Se,Ce,Be,Ne),Ae=new Qh(T,B),je=new Dh,Me=new Ph(Se),Fe=new ep(T,Te,z,Oe,p,s),Pe=new Hh(T,Oe,Ce),Ve=new $h(R,we,Ce,z),Le=new np(R,Se,we),Re=new Tp(R,Se,we),we.programs=ke.programs,T.capabilities=Ce,T.extensions=Se,T.properties=B,T.renderLists=je,T.shadowMap=Pe,T.state=z,T.info=we}m!==1009&&(w=new Ap(m,t.width,t.height,o,r,i));let Ue=new Yh(T,R);this.xr=Ue,this.getContext=function(){return R},this.getContextAttributes=function(){return R.getContextAttributes()},this.forceContextLoss=function(){let e=Se.get(`WEBGL_lose_context`);e&&e.loseContext()},this.forceContextRestore=function(){let e=Se.get(`WEBGL_lose_context`);e&&e.restoreContext()},this.getPixelRatio=function(){return se},this.setPixelRatio=function(e){e!==void 0&&(se=e,this.setSize(ae,oe,!1))},this.getSize=function(e){return e.set(ae,oe)},this.setSize=function(e,n,r=!0){Ue.isPresenting?W(`WebGLRenderer: Can't change size while VR device is presenting.`):(ae=e,oe=n,t.width=Math.floor(e*se),t.height=Math.floor(n*se),r===!0&&(t.style.width=e+`px`,t.style.height=n+`px`),w!==null&&w.setSize(t.width,t.height),this.setViewport(0,0,e,n))},this.getDrawingBufferSize=function(e){return e.set(ae*se,oe*se).floor()},this.setDrawingBufferSize=function(e,n,r){ae=e,oe=n,se=r,t.width=Math.floor(e*r),t.height=Math.floor(n*r),this.setViewport(0,0,e,n)},this.setEffects=function(e){if(m===1009)G(`WebGLRenderer: setEffects() requires outputBufferType set to HalfFloatType or FloatType.`);else{if(e){for(let t=0;t<e.length;t++)if(e[t].isOutputPass===!0){W(`WebGLRenderer: OutputPass is not needed in setEffects(). Tone mapping and color space conversion are applied automatically.`);break}}w.setEffects(e||[])}},this.getCurrentViewport=function(e){return e.copy(P)},this.getViewport=function(e){return e.copy(ue)},this.setViewport=function(e,t,n,r){e.isVector4?ue.set(e.x,e.y,e.z,e.w):ue.set(e,t,n,r),z.viewport(P.copy(ue).multiplyScalar(be()).round())},this.getScissor=function(e){return e.copy(de)},this.setScissor=function(e,t,n,r){e.isVector4?de.set(e.x,e.y,e.z,e.w):de.set(e,t,n,r),z.scissor(F.copy(de).multiplyScalar(be()).round())},this.getScissorTest=function(){return fe},this.setScissorTest=function(e){z.setScissorTest(fe=e)},this.setOpaqueSort=function(e){ce=e},this.setTransparentSort=function(e){le=e},this.getClearColor=function(e){return e.copy(Fe.getClearColor())},this.setClearColor=function(){Fe.setClearColor(...arguments)},this.getClearAlpha=function(){return Fe.getClearAlpha()},this.setClearAlpha=function(){Fe.setClearAlpha(...arguments)},this.clear=function(e=!0,t=!0,n=!0){let r=0;if(e){let e=!1;if(N!==null){let t=N.texture.format;e=h.has(t)}if(e){let e=N.texture.type,t=g.has(e),n=Fe.getClearColor(),r=Fe.getClearAlpha(),i=n.r,a=n.g,o=n.b;t?(_[0]=i,_[1]=a,_[2]=o,_[3]=r,R.clearBufferuiv(R.COLOR,0,_)):(v[0]=i,v[1]=a,v[2]=o,v[3]=r,R.clearBufferiv(R.COLOR,0,v))}else r|=R.COLOR_BUFFER_BIT}t&&(r|=R.DEPTH_BUFFER_BIT,this.state.buffers.depth.setMask(!0)),n&&(r|=R.STENCIL_BUFFER_BIT,this.state.buffers.stencil.setMask(4294967295)),r!==0&&R.clear(r)},this.clearColor=function(){this.clear(!0,!1,!1)},this.clearDepth=function(){this.clear(!1,!0,!1)},this.clearStencil=function(){this.clear(!1,!1,!0)},this.setNodesHandler=function(e){e.setRenderer(this),D=e},this.dispose=function(){t.removeEventListener(`webglcontextlost`,We,!1),t.removeEventListener(`webglcontextrestored`,Ge,!1),t.removeEventListener(`webglcontextcreationerror`,Ke,!1),Fe.dispose(),je.dispose(),Me.dispose(),V.dispose(),B.dispose(),Te.dispose(),Oe.dispose(),De.dispose(),Be.dispose(),Ve.dispose(),ke.dispose(),Ue.dispose(),Ue.removeEventListener(`sessionstart`,$e),Ue.removeEventListener(`sessionend`,et),tt.stop()};function We(e){e.preventDefault(),Nc(`WebGLRenderer: Context Lost.`),E=!0}function Ge(){Nc(`WebGLRenderer: Context Restored.`),E=!1;let e=we.autoReset,t=Pe.enabled,n=Pe.autoUpdate,r=Pe.needsUpdate,i=Pe.type;He(),we.autoReset=e,Pe.enabled=t,Pe.autoUpdate=n,Pe.needsUpdate=r,Pe.type=i}function Ke(e){G(`WebGLRenderer: A WebGL context could not be created. Reason: `,e.statusMessage)}function qe(e){let t=e.target;t.removeEventListener(`dispose`,qe),Je(t)}function Je(e){Ye(e),B.remove(e)}function Ye(e){let t=B.get(e).programs;t!==void 0&&(t.forEach(function(e){ke.releaseProgram(e)}),e.isShaderMaterial&&ke.releaseShaderCache(e))}this.renderBufferDirect=function(e,t,n,r,i,a){t===null&&(t=ye);let o=i.isMesh&&i.matrixWorld.determinantAffine()<0,s=ft(e,t,n,r,i);z.setMaterial(r,o);let c=n.index,l=1;if(r.wireframe===!0){if(c=De.getWireframeAttribute(n),c===void 0)return;l=2}let u=n.drawRange,d=n.attributes.position,f=u.start*l,p=(u.start+u.count)*l;a!==null&&(f=Math.max(f,a.start*l),p=Math.min(p,(a.start+a.count)*l)),c===null?d!=null&&(f=Math.max(f,0),p=Math.min(p,d.count)):(f=Math.max(f,0),p=Math.min(p,c.count));let m=p-f;if(m<0||m===1/0)return;Be.setup(i,r,s,n,c);let h,g=Le;if(c!==null&&(h=Ee.get(c),g=Re,g.setIndex(h)),i.isMesh)r.wireframe===!0?(z.setLineWidth(r.wireframeLinewidth*be()),g.setMode(R.LINES)):g.setMode(R.TRIANGLES);else if(i.isLine){let e=r.linewidth;e===void 0&&(e=1),z.setLineWidth(e*be()),i.isLineSegments?g.setMode(R.LINES):i.isLineLoop?g.setMode(R.LINE_LOOP):g.setMode(R.LINE_STRIP)}else i.isPoints?g.setMode(R.POINTS):i.isSprite&&g.setMode(R.TRIANGLES);if(i.isBatchedMesh){if(Se.get(`WEBGL_multi_draw`))g.renderMultiDraw(i._multiDrawStarts,i._multiDrawCounts,i._multiDrawCount);else{let e=i._multiDrawStarts,t=i._multiDrawCounts,n=i._multiDrawCount,a=c?Ee.get(c).bytesPerElement:1,o=B.get(r).currentProgram.getUniforms();for(let r=0;r<n;r++)o.setValue(R,`_gl_DrawID`,r),g.render(e[r]/a,t[r])}}else if(i.isInstancedMesh)g.renderInstances(f,m,i.count);else if(n.isInstancedBufferGeometry){let e=n._maxInstanceCount===void 0?1/0:n._maxInstanceCount,t=Math.min(n.instanceCount,e);g.renderInstances(f,m,t)}else g.render(f,m)};function Xe(e,t,n,r){D!==null&&e.isNodeMaterial&&D.setObject(r,e),he===!0&&Ne.setState(e,n,!1),e.transparent===!0&&e.side===2&&e.forceSinglePass===!1?(e.side=1,e.needsUpdate=!0,ct(e,t,r),e.side=0,e.needsUpdate=!0,ct(e,t,r),e.side=2):ct(e,t,r)}this.compile=function(e,t,n=null){n===null&&(n=e),D!==null&&D.renderStart(e,t,n),x=Me.get(n),x.init(t),C.push(x),n.traverseVisible(function(e){e.isLight&&e.layers.test(t.layers)&&(x.pushLight(e),e.castShadow&&x.pushShadow(e))}),e!==n&&e.traverseVisible(function(e){e.isLight&&e.layers.test(t.layers)&&(x.pushLight(e),e.castShadow&&x.pushShadow(e))}),x.setupLights(),D!==null&&D.updateLights(x.state.lightsArray),ge=this.localClippingEnabled,he=Ne.init(this.clippingPlanes,ge),he===!0&&Ne.setGlobalState(this.clippingPlanes,t),D!==null&&Pe.render(x.state.shadowsArray,n,t);let r=new Set;return e.traverse(function(e){if(!(e.isMesh||e.isPoints||e.isLine||e.isSprite))return;let i=e.material;if(i){if(Array.isArray(i))for(let a=0;a<i.length;a++){let o=i[a];Xe(o,n,t,e),r.add(o)}else Xe(i,n,t,e),r.add(i)}}),x=C.pop(),D!==null&&D.renderEnd(),r},this.compileAsync=function(e,t,n=null){let r=this.compile(e,t,n);return new Promise(t=>{function n(){r.forEach(function(e){let t=B.get(e).currentProgram;(t===void 0||t.isReady())&&r.delete(e)}),r.size===0?t(e):setTimeout(n,10)}Se.get(`KHR_parallel_shader_compile`)===null?setTimeout(n,10):n()})};let Ze=null;function Qe(e){Ze&&Ze(e)}function $e(){tt.stop()}function et(){tt.start()}let tt=new Jf;tt.setAnimationLoop(Qe),typeof self<`u`&&tt.setContext(self),this.setAnimationLoop=function(e){Ze=e,Ue.setAnimationLoop(e),e===null?tt.stop():tt.start()},Ue.addEventListener(`sessionstart`,$e),Ue.addEventListener(`sessionend`,et),this.render=function(e,t){if(t!==void 0&&t.isCamera!==!0){G(`WebGLRenderer.render: camera is not an instance of THREE.Camera.`);return}if(E===!0)return;D!==null&&D.renderStart(e,t);let n=Ue.enabled===!0&&Ue.isPresenting===!0,r=w!==null&&(N===null||n)&&w.begin(T,N);if(e.matrixWorldAutoUpdate===!0&&e.updateMatrixWorld(),t.parent===null&&t.matrixWorldAutoUpdate===!0&&t.updateMatrixWorld(),Ue.enabled===!0&&Ue.isPresenting===!0&&(w===null||w.isCompositing()===!1)&&(Ue.cameraAutoUpdate===!0&&Ue.updateCamera(t),t=Ue.getCamera()),e.isScene===!0&&e.onBeforeRender(T,e,t,N),x=Me.get(e,C.length),x.init(t),x.state.textureUnits=V.getTextureUnits(),C.push(x),_e.multiplyMatrices(t.projectionMatrix,t.matrixWorldInverse),t.isArrayCamera?me.setFromArrayCamera(t):pe.setFromProjectionMatrix(_e,Dc,t.reversedDepth),ge=this.localClippingEnabled,he=Ne.init(this.clippingPlanes,ge),b=je.get(e,S.length),b.init(),S.push(b),this.info.render.frame++,Ue.enabled===!0&&Ue.isPresenting===!0){let e=T.xr.getDepthSensingMesh();e!==null&&nt(e,t,-1/0,T.sortObjects)}nt(e,t,0,T.sortObjects),b.finish(),D!==null&&D.updateLights(x.state.lightsArray),T.sortObjects===!0&&b.sort(ce,le),L=Ue.enabled===!1||Ue.isPresenting===!1||Ue.hasDepthSensing()===!1,L&&Fe.addToRenderList(b,e),this.info.autoReset===!0&&this.info.reset(),he===!0&&Ne.beginShadows();let i=x.state.shadowsArray;if(Pe.render(i,e,t),he===!0&&Ne.endShadows(),(r&&w.hasRenderPass())===!1){let n=b.opaque,r=b.transmissive;if(x.setupLights(),t.isArrayCamera){let i=t.cameras;if(r.length>0)for(let t=0,a=i.length;t<a;t++){let a=i[t];it(n,r,e,a)}L&&Fe.render(e);for(let t=0,n=i.length;t<n;t++){let n=i[t];rt(b,e,n,n.viewport)}}else r.length>0&&it(n,r,e,t),L&&Fe.render(e),rt(b,e,t)}N!==null&&M===0&&(V.updateMultisampleRenderTarget(N),V.updateRenderTargetMipmap(N)),r&&w.end(T),e.isScene===!0&&e.onAfterRender(T,e,t),Be.resetDefaultState(),ee=-1,te=null,C.pop(),C.length>0?(x=C[C.length-1],V.setTextureUnits(x.state.textureUnits),he===!0&&Ne.setGlobalState(T.clippingPlanes,x.state.camera)):x=null,S.pop(),b=S.length>0?S[S.length-1]:null,D!==null&&D.renderEnd()};function nt(e,t,n,r){if(e.visible===!1)return;if(e.layers.test(t.layers)){if(e.isGroup)n=e.renderOrder;else if(e.isLOD)e.autoUpdate===!0&&e.update(t);else if(e.isLight)x.pushLight(e),e.castShadow&&x.pushShadow(e);else if(e.isSprite){let i=t.isArrayCamera?me:pe;if(!e.frustumCulled||e.intersectsFrustum(i)){r&&ve.setFromMatrixPosition(e.matrixWorld).applyMatrix4(_e);let i=Oe.update(e),a=e.material;a.visible&&b.push(e,i,a,n,ve.z,null,t)}}else if(e.isMesh||e.isLine||e.isPoints){let i=t.isArrayCamera?me:pe;if(!e.frustumCulled||e.intersectsFrustum(i)){let i=Oe.update(e),a=e.material;if(r&&(e.boundingSphere===void 0?(i.boundingSphere===null&&i.computeBoundingSphere(),ve.copy(i.boundingSphere.center)):(e.boundingSphere===null&&e.computeBoundingSphere(),ve.copy(e.boundingSphere.center)),ve.applyMatrix4(e.matrixWorld).applyMatrix4(_e)),Array.isArray(a)){let r=i.groups;for(let o=0,s=r.length;o<s;o++){let s=r[o],c=a[s.materialIndex];c&&c.visible&&b.push(e,i,c,n,ve.z,s,t)}}else a.visible&&b.push(e,i,a,n,ve.z,null,t)}}}let i=e.children;for(let e=0,a=i.length;e<a;e++)nt(i[e],t,n,r)}function rt(e,t,n,r){let{opaque:i,transmissive:a,transparent:o}=e;x.setupLightsView(n),he===!0&&Ne.setGlobalState(T.clippingPlanes,n),r&&z.viewport(P.copy(r)),i.length>0&&at(i,t,n),a.length>0&&at(a,t,n),o.length>0&&at(o,t,n),z.buffers.depth.setTest(!0),z.buffers.depth.setMask(!0),z.buffers.color.setMask(!0),z.setPolygonOffset(!1)}function it(e,t,n,r){if((n.isScene===!0?n.overrideMaterial:null)!==null)return;if(x.state.transmissionRenderTarget[r.id]===void 0){let e=Se.has(`EXT_color_buffer_half_float`)||Se.has(`EXT_color_buffer_float`);x.state.transmissionRenderTarget[r.id]=new ml(1,1,{generateMipmaps:!0,type:e?hs:cs,minFilter:ss,samples:Math.max(4,Ce.samples),stencilBuffer:i,resolveDepthBuffer:!1,resolveStencilBuffer:!1,storeMultisampledDepthBuffer:!1,storeMultisampledStencilBuffer:!1,colorSpace:X.workingColorSpace})}let a=x.state.transmissionRenderTarget[r.id],o=r.viewport||P;a.setSize(o.z*T.transmissionResolutionScale,o.w*T.transmissionResolutionScale);let s=T.getRenderTarget(),c=T.getActiveCubeFace(),l=T.getActiveMipmapLevel();T.setRenderTarget(a),T.getClearColor(re),ie=T.getClearAlpha(),ie<1&&T.setClearColor(16777215,.5),T.clear(),L&&Fe.render(n);let u=T.toneMapping;T.toneMapping=0;let d=r.viewport;if(r.viewport!==void 0&&(r.viewport=void 0),x.setupLightsView(r),he===!0&&Ne.setGlobalState(T.clippingPlanes,r),at(e,n,r),V.updateMultisampleRenderTarget(a),V.updateRenderTargetMipmap(a),Se.has(`WEBGL_multisampled_render_to_texture`)===!1){let e=!1;for(let i=0,a=t.length;i<a;i++){let{object:a,geometry:o,material:s,group:c}=t[i];if(s.side===2&&a.layers.test(r.layers)){let t=s.side;s.side=1,s.needsUpdate=!0,ot(a,n,r,o,s,c),s.side=t,s.needsUpdate=!0,e=!0}}e===!0&&(V.updateMultisampleRenderTarget(a),V.updateRenderTargetMipmap(a))}T.setRenderTarget(s,c,l),T.setClearColor(re,ie),d!==void 0&&(r.viewport=d),T.toneMapping=u}function at(e,t,n){let r=t.isScene===!0?t.overrideMaterial:null;for(let i=0,a=e.length;i<a;i++){let a=e[i],{object:o,geometry:s,group:c}=a,l=a.material;l.allowOverride===!0&&r!==null&&(l=r),o.layers.test(n.layers)&&ot(o,t,n,s,l,c)}}function ot(e,t,n,r,i,a){D!==null&&i.isNodeMaterial&&D.setObject(e,i),e.onBeforeRender(T,t,n,r,i,a),e.modelViewMatrix.multiplyMatrices(n.matrixWorldInverse,e.matrixWorld),e.normalMatrix.getNormalMatrix(e.modelViewMatrix),i.onBeforeRender(T,t,n,r,e,a),i.transparent===!0&&i.side===2&&i.forceSinglePass===!1?(i.side=1,i.needsUpdate=!0,T.renderBufferDirect(n,t,r,i,e,a),i.side=0,i.needsUpdate=!0,T.renderBufferDirect(n,t,r,i,e,a),i.side=2):T.renderBufferDirect(n,t,r,i,e,a),e.onAfterRender(T,t,n,r,i,a)}function st(e){let t=0;for(let n of e)n.texture!==null&&t++;return t}function ct(e,t,n){t.isScene!==!0&&(t=ye);let r=B.get(e),i=x.state.lights,a=x.state.shadowsArray,o=i.state.version,s=ke.getParameters(e,i.state,a,t,n,x.state.lightProbeGridArray),c=ke.getProgramCacheKey(s),l=r.programs;r.environment=e.isMeshStandardMaterial||e.isMeshLambertMaterial||e.isMeshPhongMaterial?t.environment:null,r.fog=t.fog;let u=e.isMeshStandardMaterial||e.isMeshLambertMaterial&&!e.envMap||e.isMeshPhongMaterial&&!e.envMap;r.envMap=Te.get(e.envMap||r.environment,u),r.envMapRotation=r.environment!==null&&e.envMap===null?t.environmentRotation:e.envMapRotation,l===void 0&&(e.addEventListener(`dispose`,qe),l=new Map,r.programs=l,r.programVariants=new Map);let d=l.get(c);if(d!==void 0){if(r.currentProgram===d&&r.lightsStateVersion===o)return dt(e,s),d}else s.uniforms=ke.getUniforms(e),D!==null&&e.isNodeMaterial&&D.build(e,n,s),e.onBeforeCompile(s,T),d=ke.acquireProgram(s,c),l.set(c,d),r.uniforms=s.uniforms;let f=r.uniforms;return(!e.isShaderMaterial&&!e.isRawShaderMaterial||e.clipping===!0)&&(f.clippingPlanes=Ne.uniform),dt(e,s),r.needsLights=mt(e),r.lightsStateVersion=o,r.needsLights&&(f.ambientLightColor.value=i.state.ambient,f.lightProbe.value=i.state.probe,f.sunLights.value=i.state.sun,f.sunLightShadows.value=i.state.sunShadow,f.directionalLights.value=i.state.directional,f.directionalLightShadows.value=i.state.directionalShadow,f.spotLights.value=i.state.spot,f.spotLightShadows.value=i.state.spotShadow,f.rectAreaLights.value=i.state.rectArea,f.ltc_1.value=i.state.rectAreaLTC1,f.ltc_2.value=i.state.rectAreaLTC2,f.pointLights.value=i.state.point,f.pointLightShadows.value=i.state.pointShadow,f.hemisphereLights.value=i.state.hemi,f.sunShadowMatrix.value=i.state.sunShadowMatrix,f.sunShadowCascade.value=i.state.sunShadowCascade,f.directionalShadowMatrix.value=i.state.directionalShadowMatrix,f.spotLightMatrix.value=i.state.spotLightMatrix,f.spotLightMap.value=i.state.spotLightMap,f.pointShadowMatrix.value=i.state.pointShadowMatrix),r.numLightProbeGrids=st(x.state.lightProbeGridArray),r.currentProgram=d,r.uniformsList=null,d}function lt(e,t,n,r,i){let a=B.get(e),o=a.currentProgram.id+`,`+r+`,`+i,s=a.programVariants.get(o);return s===void 0?(s=ct(e,t,n),a.programVariants.set(o,s)):(a.currentProgram=s,a.uniformsList=null,a.outputColorSpace=r,a.toneMapping=i),s}function ut(e){if(e.uniformsList===null){let t=e.currentProgram.getUniforms();e.uniformsList=zm.seqWithValue(t.seq,e.uniforms)}return e.uniformsList}function dt(e,t){let n=B.get(e);n.outputColorSpace=t.outputColorSpace,n.batching=t.batching,n.batchingColor=t.batchingColor,n.instancing=t.instancing,n.instancingColor=t.instancingColor,n.instancingMorph=t.instancingMorph,n.skinning=t.skinning,n.morphTargets=t.morphTargets,n.morphNormals=t.morphNormals,n.morphColors=t.morphColors,n.morphTargetsCount=t.morphTargetsCount,n.numClippingPlanes=t.numClippingPlanes,n.numIntersection=t.numClipIntersection,n.vertexAlphas=t.vertexAlphas,n.vertexTangents=t.vertexTangents,n.toneMapping=t.toneMapping}function ft(e,t,n,r,i){t.isScene!==!0&&(t=ye),V.resetTextureUnits();let a=t.fog,o=r.isMeshStandardMaterial||r.isMeshLambertMaterial||r.isMeshPhongMaterial?t.environment:null,s=N===null?T.outputColorSpace:N.isXRRenderTarget===!0?N.texture.colorSpace:X.workingColorSpace,c=r.isMeshStandardMaterial||r.isMeshLambertMaterial&&!r.envMap||r.isMeshPhongMaterial&&!r.envMap,l=Te.get(r.envMap||o,c),u=r.vertexColors===!0&&!!n.attributes.color&&n.attributes.color.itemSize===4,d=!!n.attributes.tangent&&(!!r.normalMap||r.anisotropy>0),f=!!n.morphAttributes.position,p=!!n.morphAttributes.normal,m=!!n.morphAttributes.color,h=0;r.toneMapped&&(N===null||N.isXRRenderTarget===!0)&&(h=T.toneMapping);let g=n.morphAttributes.position||n.morphAttributes.normal||n.morphAttributes.color,_=g===void 0?0:g.length,v=B.get(r),b=x.state.lights;if(he===!0&&(ge===!0||e!==te)){let t=e===te&&r.id===ee;Ne.setState(r,e,t)}let S=!1,C=!1;r.version===v.__version?v.needsLights&&v.lightsStateVersion!==b.state.version||i.isBatchedMesh&&v.batching===!1||!i.isBatchedMesh&&v.batching===!0||i.isBatchedMesh&&v.batchingColor===!0&&i._colorsTexture===null||i.isBatchedMesh&&v.batchingColor===!1&&i._colorsTexture!==null||i.isInstancedMesh&&v.instancing===!1||!i.isInstancedMesh&&v.instancing===!0||i.isSkinnedMesh&&v.skinning===!1||!i.isSkinnedMesh&&v.skinning===!0||i.isInstancedMesh&&v.instancingColor===!0&&i.instanceColor===null||i.isInstancedMesh&&v.instancingColor===!1&&i.instanceColor!==null||i.isInstancedMesh&&v.instancingMorph===!0&&i.morphTexture===null||i.isInstancedMesh&&v.instancingMorph===!1&&i.morphTexture!==null?S=!0:v.envMap===l?r.fog===!0&&v.fog!==a||v.numClippingPlanes!==void 0&&(v.numClippingPlanes!==Ne.numPlanes||v.numIntersection!==Ne.numIntersection)?S=!0:v.vertexAlphas===u&&v.vertexTangents===d&&v.morphTargets===f&&v.morphNormals===p&&v.morphColors===m&&v.morphTargetsCount===_&&v.numLightProbeGrids===st(x.state.lightProbeGridArray)?(v.outputColorSpace!==s||v.toneMapping!==h)&&(C=!0):S=!0:S=!0:(S=!0,v.__version=r.version);let w=v.currentProgram;(S===!0||C===!0)&&(w=C===!0?lt(r,t,i,s,h):ct(r,t,i),D&&r.isNodeMaterial&&D.onUpdateProgram(r,w,v));let E=!1,O=!1,k=!1,A=w.getUniforms(),j=v.uniforms;if(z.useProgram(w.program)&&(E=!0,O=!0,k=!0),r.id!==ee&&(ee=r.id,O=!0),E||te!==e){z.buffers.depth.getReversed()&&e.reversedDepth!==!0&&(e._reversedDepth=!0,e.updateProjectionMatrix()),A.setValue(R,`projectionMatrix`,e.projectionMatrix),A.setValue(R,`viewMatrix`,e.matrixWorldInverse);let t=A.map.cameraPosition;t!==void 0&&t.setValue(R,I.setFromMatrixPosition(e.matrixWorld)),Ce.logarithmicDepthBuffer&&A.setValue(R,`logDepthBufFC`,2/(Math.log(e.far+1)/Math.LN2)),(r.isMeshPhongMaterial||r.isMeshToonMaterial||r.isMeshLambertMaterial||r.isMeshBasicMaterial||r.isMeshStandardMaterial||r.isShaderMaterial)&&A.setValue(R,`isOrthographic`,e.isOrthographicCamera===!0),te!==e&&(te=e,O=!0,k=!0)}if(v.needsLights&&(b.state.sunShadowMap.length>0&&A.setValue(R,`sunShadowMap`,b.state.sunShadowMap,V),b.state.directionalShadowMap.length>0&&A.setValue(R,`directionalShadowMap`,b.state.directionalShadowMap,V),b.state.spotShadowMap.length>0&&A.setValue(R,`spotShadowMap`,b.state.spotShadowMap,V),b.state.pointShadowMap.length>0&&A.setValue(R,`pointShadowMap`,b.state.pointShadowMap,V)),i.isSkinnedMesh){A.setOptional(R,i,`bindMatrix`),A.setOptional(R,i,`bindMatrixInverse`);let e=i.skeleton;e&&(e.boneTexture===null&&e.computeBoneTexture(),A.setValue(R,`boneTexture`,e.boneTexture,V))}i.isBatchedMesh&&(A.setOptional(R,i,`batchingTexture`),A.setValue(R,`batchingTexture`,i._matricesTexture,V),A.setOptional(R,i,`batchingIdTexture`),A.setValue(R,`batchingIdTexture`,i._indirectTexture,V),A.setOptional(R,i,`batchingColorTexture`),i._colorsTexture!==null&&A.setValue(R,`batchingColorTexture`,i._colorsTexture,V));let M=n.morphAttributes;if((M.position!==void 0||M.normal!==void 0||M.color!==void 0)&&Ie.update(i,n,w),(O||v.receiveShadow!==i.receiveShadow)&&(v.receiveShadow=i.receiveShadow,A.setValue(R,`receiveShadow`,i.receiveShadow)),(r.isMeshStandardMaterial||r.isMeshLambertMaterial||r.isMeshPhongMaterial)&&r.envMap===null&&t.environment!==null&&(j.envMapIntensity.value=t.environmentIntensity),j.dfgLUT!==void 0&&(j.dfgLUT.value=ng()),O){if(A.setValue(R,`toneMappingExposure`,T.toneMappingExposure),v.needsLights&&pt(j,k),a&&r.fog===!0&&Ae.refreshFogUniforms(j,a),Ae.refreshMaterialUniforms(j,r,se,oe,x.state.transmissionRenderTarget[e.id]),v.needsLights&&v.numLightProbeGrids>0){let e=y,t=0;for(let n of x.state.lightProbeGridArray)n.texture!==null&&(e.textures[t]=n.texture,e.min[t]=n.boundingBox.min,e.max[t]=n.boundingBox.max,e.resolution[t]=n.resolution,t++);for(let n in e)e[n].length=t;j.probesSH.value=e.textures,j.probesMin.value=e.min,j.probesMax.value=e.max,j.probesResolution.value=e.resolution}zm.upload(R,ut(v),j,V)}if(r.isShaderMaterial&&r.uniformsNeedUpdate===!0&&(zm.upload(R,ut(v),j,V),r.uniformsNeedUpdate=!1),r.isSpriteMaterial&&A.setValue(R,`center`,i.center),A.setValue(R,`modelViewMatrix`,i.modelViewMatrix),A.setValue(R,`normalMatrix`,i.normalMatrix),A.setValue(R,`modelMatrix`,i.matrixWorld),r.uniformsGroups!==void 0){let e=r.uniformsGroups;for(let t=0,n=e.length;t<n;t++){let n=e[t];Ve.update(n,w),Ve.bind(n,w)}}return w}function pt(e,t){e.ambientLightColor.needsUpdate=t,e.lightProbe.needsUpdate=t,e.sunLights.needsUpdate=t,e.sunLightShadows.needsUpdate=t,e.directionalLights.needsUpdate=t,e.directionalLightShadows.needsUpdate=t,e.pointLights.needsUpdate=t,e.pointLightShadows.needsUpdate=t,e.spotLights.needsUpdate=t,e.spotLightShadows.needsUpdate=t,e.rectAreaLights.needsUpdate=t,e.hemisphereLights.needsUpdate=t}function mt(e){return e.isMeshLambertMaterial||e.isMeshToonMaterial||e.isMeshPhongMaterial||e.isMeshStandardMaterial||e.isShadowMaterial||e.isShaderMaterial&&e.lights===!0}this.getActiveCubeFace=function(){return j},this.getActiveMipmapLevel=function(){return M},this.getRenderTarget=function(){return N},this.setRenderTargetTextures=function(e,t,n){let r=B.get(e);r.__autoAllocateDepthBuffer=e.resolveDepthBuffer===!1,r.__autoAllocateDepthBuffer===!1&&(r.__useRenderToTexture=!1),B.get(e.texture).__webglTexture=t,B.get(e.depthTexture).__webglTexture=r.__autoAllocateDepthBuffer?void 0:n,r.__hasExternalTextures=!0},this.setRenderTargetFramebuffer=function(e,t){let n=B.get(e);n.__webglFramebuffer=t,n.__useDefaultFramebuffer=t===void 0},this.setRenderTarget=function(e,t=0,n=0){N=e,j=t,M=n;let r=null,i=!1,a=!1;if(e){let o=B.get(e);if(o.__useDefaultFramebuffer!==void 0){z.bindFramebuffer(R.FRAMEBUFFER,o.__webglFramebuffer),P.copy(e.viewport),F.copy(e.scissor),ne=e.scissorTest,z.viewport(P),z.scissor(F),z.setScissorTest(ne),ee=-1;return}if(o.__webglFramebuffer===void 0)V.setupRenderTarget(e);else if(o.__hasExternalTextures)V.rebindTextures(e,B.get(e.texture).__webglTexture,B.get(e.depthTexture).__webglTexture);else if(e.depthBuffer){let t=e.depthTexture;if(o.__boundDepthTexture!==t){if(t!==null&&B.has(t)&&(e.width!==t.image.width||e.height!==t.image.height))throw Error(`THREE.WebGLRenderer: Attached DepthTexture is initialized to the incorrect size.`);V.setupDepthRenderbuffer(e)}}let s=e.texture;(s.isData3DTexture||s.isDataArrayTexture||s.isCompressedArrayTexture)&&(a=!0);let c=B.get(e).__webglFramebuffer;e.isWebGLCubeRenderTarget?(r=Array.isArray(c[t])?c[t][n]:c[t],i=!0):r=e.samples>0&&V.useMultisampledRTT(e)===!1?B.get(e).__webglMultisampledFramebuffer:Array.isArray(c)?c[n]:c,P.copy(e.viewport),F.copy(e.scissor),ne=e.scissorTest}else P.copy(ue).multiplyScalar(se).floor(),F.copy(de).multiplyScalar(se).floor(),ne=fe;if(n!==0&&(r=O),z.bindFramebuffer(R.FRAMEBUFFER,r)&&z.drawBuffers(e,r),z.viewport(P),z.scissor(F),z.setScissorTest(ne),i){let r=B.get(e.texture);R.framebufferTexture2D(R.FRAMEBUFFER,R.COLOR_ATTACHMENT0,R.TEXTURE_CUBE_MAP_POSITIVE_X+t,r.__webglTexture,n)}else if(a){let r=t;for(let t=0;t<e.textures.length;t++){let i=B.get(e.textures[t]);R.framebufferTextureLayer(R.FRAMEBUFFER,R.COLOR_ATTACHMENT0+t,i.__webglTexture,n,r)}}else if(e!==null&&n!==0){let t=B.get(e.texture);R.framebufferTexture2D(R.FRAMEBUFFER,R.COLOR_ATTACHMENT0,R.TEXTURE_2D,t.__webglTexture,n)}ee=-1};function ht(e){let t=B.get(e);return(t.__readFormat!==e.format||t.__readType!==e.type)&&(t.__readFormat=e.format,t.__readType=e.type,t.__formatReadable=Ce.textureFormatReadable(e.format),t.__typeReadable=Ce.textureTypeReadable(e.type)),t}this.readRenderTargetPixels=function(e,t,n,r,i,a,o,s=0){if(!(e&&e.isWebGLRenderTarget)){G(`WebGLRenderer.readRenderTargetPixels: renderTarget is not THREE.WebGLRenderTarget.`);return}let c=B.get(e).__webglFramebuffer;if(e.isWebGLCubeRenderTarget&&o!==void 0&&(c=c[o],Array.isArray(c)&&(c=c[0])),c){z.bindFramebuffer(R.FRAMEBUFFER,c);try{let o=e.textures[s],c=o.format,l=o.type;e.textures.length>1&&R.readBuffer(R.COLOR_ATTACHMENT0+s);let u=ht(o);if(u.__formatReadable===!1){G(`WebGLRenderer.readRenderTargetPixels: renderTarget is not in RGBA or implementation defined format.`);return}if(u.__typeReadable===!1){G(`WebGLRenderer.readRenderTargetPixels: renderTarget is not in UnsignedByteType or implementation defined type.`);return}t>=0&&t<=e.width-r&&n>=0&&n<=e.height-i&&R.readPixels(t,n,r,i,ze.convert(c),ze.convert(l),a)}finally{let e=N===null?null:B.get(N).__webglFramebuffer;z.bindFramebuffer(R.FRAMEBUFFER,e)}}},this.readRenderTargetPixelsAsync=async function(e,t,n,r,i,a,o,s=0){if(!(e&&e.isWebGLRenderTarget))throw Error(`THREE.WebGLRenderer.readRenderTargetPixels: renderTarget is not THREE.WebGLRenderTarget.`);let c=B.get(e).__webglFramebuffer;if(e.isWebGLCubeRenderTarget&&o!==void 0&&(c=c[o],Array.isArray(c)&&(c=c[0])),c){if(t>=0&&t<=e.width-r&&n>=0&&n<=e.height-i){z.bindFramebuffer(R.FRAMEBUFFER,c);let o=e.textures[s],l=o.format,u=o.type;e.textures.length>1&&R.readBuffer(R.COLOR_ATTACHMENT0+s);let d=ht(o);if(d.__formatReadable===!1)throw Error(`THREE.WebGLRenderer.readRenderTargetPixelsAsync: renderTarget is not in RGBA or implementation defined format.`);if(d.__typeReadable===!1)throw Error(`THREE.WebGLRenderer.readRenderTargetPixelsAsync: renderTarget is not in UnsignedByteType or implementation defined type.`);let f=R.createBuffer();R.bindBuffer(R.PIXEL_PACK_BUFFER,f),R.bufferData(R.PIXEL_PACK_BUFFER,a.byteLength,R.STREAM_READ),R.readPixels(t,n,r,i,ze.convert(l),ze.convert(u),0),R.bindBuffer(R.PIXEL_PACK_BUFFER,null);let p=N===null?null:B.get(N).__webglFramebuffer;z.bindFramebuffer(R.FRAMEBUFFER,p);let m=R.fenceSync(R.SYNC_GPU_COMMANDS_COMPLETE,0);return R.flush(),await Ic(R,m,4),R.bindBuffer(R.PIXEL_PACK_BUFFER,f),R.getBufferSubData(R.PIXEL_PACK_BUFFER,0,a),R.bindBuffer(R.PIXEL_PACK_BUFFER,null),R.deleteBuffer(f),R.deleteSync(m),a}throw Error(`THREE.WebGLRenderer.readRenderTargetPixelsAsync: requested read bounds are out of range.`)}},this.copyFramebufferToTexture=function(e,t=null,n=0){let r=2**-n,i=Math.floor(e.image.width*r),a=Math.floor(e.image.height*r),o=t===null?0:t.x,s=t===null?0:t.y;V.setTexture2D(e,0),R.copyTexSubImage2D(R.TEXTURE_2D,n,0,0,o,s,i,a),z.unbindTexture()},this.copyTextureToTexture=function(e,t,n=null,r=null,i=0,a=0){let o,s,c,l,u,d,f,p,m,h=e.isCompressedTexture?e.mipmaps[a]:e.image;if(n!==null)o=n.max.x-n.min.x,s=n.max.y-n.min.y,c=n.isBox3?n.max.z-n.min.z:1,l=n.min.x,u=n.min.y,d=n.isBox3?n.min.z:0;else{let t=2**-i;o=Math.floor(h.width*t),s=Math.floor(h.height*t),c=e.isDataArrayTexture?h.depth:e.isData3DTexture?Math.floor(h.depth*t):1,l=0,u=0,d=0}r===null?(f=0,p=0,m=0):(f=r.x,p=r.y,m=r.z);let g=ze.convert(t.format),_=ze.convert(t.type),v;t.isData3DTexture?(V.setTexture3D(t,0),v=R.TEXTURE_3D):t.isDataArrayTexture||t.isCompressedArrayTexture?(V.setTexture2DArray(t,0),v=R.TEXTURE_2D_ARRAY):(V.setTexture2D(t,0),v=R.TEXTURE_2D),z.activeTexture(R.TEXTURE0),z.pixelStorei(R.UNPACK_FLIP_Y_WEBGL,t.flipY),z.pixelStorei(R.UNPACK_PREMULTIPLY_ALPHA_WEBGL,t.premultiplyAlpha),z.pixelStorei(R.UNPACK_ALIGNMENT,t.unpackAlignment);let y=z.getParameter(R.UNPACK_ROW_LENGTH),b=z.getParameter(R.UNPACK_IMAGE_HEIGHT),x=z.getParameter(R.UNPACK_SKIP_PIXELS),S=z.getParameter(R.UNPACK_SKIP_ROWS),C=z.getParameter(R.UNPACK_SKIP_IMAGES);z.pixelStorei(R.UNPACK_ROW_LENGTH,h.width),z.pixelStorei(R.UNPACK_IMAGE_HEIGHT,h.height),z.pixelStorei(R.UNPACK_SKIP_PIXELS,l),z.pixelStorei(R.UNPACK_SKIP_ROWS,u),z.pixelStorei(R.UNPACK_SKIP_IMAGES,d);let w=e.isDataArrayTexture||e.isData3DTexture,T=t.isDataArrayTexture||t.isData3DTexture;if(e.isDepthTexture){let n=B.get(e),r=B.get(t),h=B.get(n.__renderTarget),g=B.get(r.__renderTarget);z.bindFramebuffer(R.READ_FRAMEBUFFER,h.__webglFramebuffer),z.bindFramebuffer(R.DRAW_FRAMEBUFFER,g.__webglFramebuffer);for(let n=0;n<c;n++)w&&(R.framebufferTextureLayer(R.READ_FRAMEBUFFER,R.COLOR_ATTACHMENT0,B.get(e).__webglTexture,i,d+n),R.framebufferTextureLayer(R.DRAW_FRAMEBUFFER,R.COLOR_ATTACHMENT0,B.get(t).__webglTexture,a,m+n)),R.blitFramebuffer(l,u,l+o,u+s,f,p,f+o,p+s,R.DEPTH_BUFFER_BIT,R.NEAREST);z.bindFramebuffer(R.READ_FRAMEBUFFER,null),z.bindFramebuffer(R.DRAW_FRAMEBUFFER,null)}else if(i!==0||e.isRenderTargetTexture||B.has(e)){let n=B.get(e),r=B.get(t);z.bindFramebuffer(R.READ_FRAMEBUFFER,k),z.bindFramebuffer(R.DRAW_FRAMEBUFFER,A);for(let e=0;e<c;e++)w?R.framebufferTextureLayer(R.READ_FRAMEBUFFER,R.COLOR_ATTACHMENT0,n.__webglTexture,i,d+e):R.framebufferTexture2D(R.READ_FRAMEBUFFER,R.COLOR_ATTACHMENT0,R.TEXTURE_2D,n.__webglTexture,i),T?R.framebufferTextureLayer(R.DRAW_FRAMEBUFFER,R.COLOR_ATTACHMENT0,r.__webglTexture,a,m+e):R.framebufferTexture2D(R.DRAW_FRAMEBUFFER,R.COLOR_ATTACHMENT0,R.TEXTURE_2D,r.__webglTexture,a),i===0?T?R.copyTexSubImage3D(v,a,f,p,m+e,l,u,o,s):R.copyTexSubImage2D(v,a,f,p,l,u,o,s):R.blitFramebuffer(l,u,l+o,u+s,f,p,f+o,p+s,R.COLOR_BUFFER_BIT,R.NEAREST);z.bindFramebuffer(R.READ_FRAMEBUFFER,null),z.bindFramebuffer(R.DRAW_FRAMEBUFFER,null)}else T?e.isDataTexture||e.isData3DTexture?R.texSubImage3D(v,a,f,p,m,o,s,c,g,_,h.data):t.isCompressedArrayTexture?R.compressedTexSubImage3D(v,a,f,p,m,o,s,c,g,h.data):R.texSubImage3D(v,a,f,p,m,o,s,c,g,_,h):e.isDataTexture?R.texSubImage2D(R.TEXTURE_2D,a,f,p,o,s,g,_,h.data):e.isCompressedTexture?R.compressedTexSubImage2D(R.TEXTURE_2D,a,f,p,h.width,h.height,g,h.data):R.texSubImage2D(R.TEXTURE_2D,a,f,p,o,s,g,_,h);z.pixelStorei(R.UNPACK_ROW_LENGTH,y),z.pixelStorei(R.UNPACK_IMAGE_HEIGHT,b),z.pixelStorei(R.UNPACK_SKIP_PIXELS,x),z.pixelStorei(R.UNPACK_SKIP_ROWS,S),z.pixelStorei(R.UNPACK_SKIP_IMAGES,C),a===0&&t.generateMipmaps===!0&&t.mipmapsAutoUpdate===!0&&R.generateMipmap(v),z.unbindTexture()},this.initRenderTarget=function(e){B.get(e).__webglFramebuffer===void 0&&V.setupRenderTarget(e)},this.initTexture=function(e){e.isCubeTexture?V.setTextureCube(e,0):e.isData3DTexture?V.setTexture3D(e,0):e.isDataArrayTexture||e.isCompressedArrayTexture?V.setTexture2DArray(e,0):V.setTexture2D(e,0),z.unbindTexture()},this.resetState=function(){j=0,M=0,N=null,z.reset(),Be.reset()},typeof __THREE_DEVTOOLS__<`u`&&__THREE_DEVTOOLS__.dispatchEvent(new CustomEvent(`observe`,{detail:this}))}get coordinateSystem(){return Dc}get outputColorSpace(){return this._outputColorSpace}set outputColorSpace(e){this._outputColorSpace=e;let t=this.getContext();t.drawingBufferColorSpace=X._getDrawingBufferColorSpace(e),t.unpackColorSpace=X._getUnpackColorSpace()}},ig=`
uniform vec2 heightScale;       // offset and factor: (number − offset) · factor is a place on the scale
uniform vec2 colorScale;
uniform vec4 rise;              // base, height of the scale, lowest and highest place that is drawn
attribute vec4 at;              // i, j, x, y
attribute vec4 data;            // height, colour, filled in, colour known
attribute vec2 slope;
varying float vHeight;
varying vec3 vPaint;            // place of the colour, known, filled in
varying vec2 vAt;
#ifndef FLAT
varying vec3 vNormal;
varying vec3 vView;
#endif
void main() {
  vHeight = (data.x - heightScale.x) * heightScale.y;
  vPaint = vec3((data.y - colorScale.x) * colorScale.y, data.w, data.z);
  vAt = at.xy;
#ifdef FLAT
  vec4 world = modelMatrix * vec4(at.zw, 0.0, 1.0);
#else
  vec4 world = modelMatrix * vec4(at.zw, rise.x + rise.y * max(vHeight, rise.z), 1.0);
  vNormal = normalize(vec3(-slope * heightScale.y * rise.y, 1.0));
  vView = cameraPosition - world.xyz;
#endif
  gl_Position = projectionMatrix * viewMatrix * world;
}
`,ag=`
uniform sampler2D colors;
uniform sampler2D cells;  // of flags: on, known
uniform float flags;      // 1: the colour is one of two, by the nearest point
uniform vec3 flagOff;
uniform vec3 flagOn;
uniform vec3 unknown;
uniform vec4 lines;       // factor and offset from a place to multiples of a level, width in pixels, strength
uniform vec2 levelEnds;   // no lines at or beyond these places
uniform vec3 light;
uniform vec4 rise;
varying float vHeight;
varying vec3 vPaint;
varying vec2 vAt;
#ifndef FLAT
varying vec3 vNormal;
varying vec3 vView;
#endif

vec3 paint() {
  if (flags > 0.5) {
    vec4 data = texelFetch(cells, ivec2(floor(vAt.yx + 0.5)), 0);
    return data.g < 0.5 ? unknown : data.r > 0.5 ? flagOn : flagOff;
  }
  if (vPaint.y < 0.999) return unknown;
  return texture2D(colors, vec2((clamp(vPaint.x, 0.0, 1.0) * 255.0 + 0.5) / 256.0, 0.5)).rgb;
}

float line() {
  float t = vHeight * lines.x + lines.y;
  float width = fwidth(t);
  if (width > 0.7 || width < 1e-4 || vHeight <= levelEnds.x || vHeight >= levelEnds.y) return 0.0;
  float away = abs(fract(t - 0.5) - 0.5) / width;
  return (1.0 - smoothstep(0.5 * lines.z - 0.5, 0.5 * lines.z + 0.5, away)) * (1.0 - smoothstep(0.3, 0.7, width));
}

void main() {
  // what is clipped ends at the exact line, and a lid in the plane of the clip goes on from there
#ifdef LID
  if (vHeight <= rise.w) discard;
#elif defined(CLIPPED)
  if (vHeight > rise.w) discard;
#endif
  vec3 color = paint();
  float luma = dot(color, vec3(0.299, 0.587, 0.114));
  if (vPaint.z > 0.0) color = mix(color, mix(vec3(luma), unknown, 0.5), 0.16 * vPaint.z);
  float ink = line() * lines.w;
  color = mix(color, luma > 0.42 ? color * 0.12 : mix(color, vec3(1.0), 0.72), ink * (luma > 0.42 ? 1.0 : 0.75));
#if !defined(FLAT) || defined(LID)
#ifdef LID
  vec3 n = vec3(0.0, 0.0, 1.0);
  vec3 v = n;
#else
  vec3 n = normalize(vNormal);
  vec3 v = normalize(vView);
#endif
  bool under = !gl_FrontFacing;
  if (under) n = -n;
  float diffuse = 0.5 + 0.5 * dot(n, light);
  float shade = 0.56 + 0.5 * diffuse * diffuse + 0.06 * n.z;
  float shine = max(dot(n, normalize(light + v)), 0.0);
  shine *= shine; shine *= shine; shine *= shine; shine *= shine;
  color = color * min(shade, 1.06) + vec3(0.07 * shine * shine);
  if (under) color *= 0.82;
#endif
  gl_FragColor = vec4(color, 1.0);
}
`,og=`
void main() { gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0); }
`,sg=`
uniform vec4 color;
void main() { gl_FragColor = color; }
`,cg=`
uniform vec4 color;
uniform float ratio;
uniform float crossed;
float stripe(float at, float period, float width) {
  float away = abs(fract(at / period) - 0.5) * period;
  return 1.0 - smoothstep(0.5 * width - 0.5, 0.5 * width + 0.5, away / ratio * 1.0);
}
void main() {
  vec2 p = gl_FragCoord.xy;
  float period = (crossed > 0.5 ? 7.0 : 8.0) * ratio * 1.414;
  float on = stripe(p.x + p.y, period, 1.3);
  if (crossed > 0.5) on = max(on, stripe(p.x - p.y, period, 1.3));
  float alpha = color.a * (0.16 + 0.84 * on);
  gl_FragColor = vec4(color.rgb, alpha);
}
`,lg=`
attribute vec3 start;
attribute vec3 end;
attribute vec4 tint;
attribute vec3 extra;      // width, time at the start, time at the end
uniform vec2 resolution;
uniform float ratio;
uniform float grow;
uniform float lift;
varying vec2 vPixel;
varying float vLength;
varying float vHalf;
varying vec4 vTint;
varying vec2 vTime;

vec3 onScreen(vec4 eye) {
  vec4 clip = projectionMatrix * eye;
  vec4 lifted = projectionMatrix * (eye + vec4(0.0, 0.0, lift, 0.0));
  return vec3(0.5 * clip.xy / clip.w * resolution, lifted.z / lifted.w);
}

void main() {
  vec4 a = modelViewMatrix * vec4(start, 1.0);
  vec4 b = modelViewMatrix * vec4(end, 1.0);
  const float near = -0.02;
  if (a.z > near && b.z > near) { gl_Position = vec4(2.0, 2.0, 2.0, 1.0); return; }
  if (a.z > near) a = mix(a, b, (a.z - near) / (a.z - b.z));
  if (b.z > near) b = mix(b, a, (b.z - near) / (b.z - a.z));
  vec3 pa = onScreen(a);
  vec3 pb = onScreen(b);
  vLength = length(pb.xy - pa.xy);
  vec2 along = vLength > 1e-4 ? (pb.xy - pa.xy) / vLength : vec2(1.0, 0.0);
  vec2 across = vec2(-along.y, along.x);
  float width = (extra.x + grow) * ratio;
  vHalf = 0.5 * max(width, 1.0);
  float pad = vHalf + 1.0;
  vec3 here = position.x > 0.5 ? pb : pa;
  vPixel = vec2(position.x > 0.5 ? vLength + pad : -pad, position.y * pad);
  vec2 pixel = here.xy + (position.x > 0.5 ? pad : -pad) * along + position.y * pad * across;
  vTint = vec4(tint.rgb, tint.a * min(width, 1.0));
  vTime = extra.yz;
  gl_Position = vec4(2.0 * pixel / resolution, here.z, 1.0);
}
`,ug=`
uniform float cut;
uniform float opacity;
uniform vec4 over;         // with a > 0: this colour for all
varying vec2 vPixel;
varying float vLength;
varying float vHalf;
varying vec4 vTint;
varying vec2 vTime;
void main() {
  float x = clamp(vPixel.x, 0.0, vLength);
  if (mix(vTime.x, vTime.y, vLength > 0.0 ? x / vLength : 0.0) > cut) discard;
  float away = length(vec2(vPixel.x - x, vPixel.y));
  float alpha = clamp(vHalf + 0.5 - away, 0.0, 1.0) * vTint.a * opacity;
  if (alpha < 0.01) discard;
  gl_FragColor = vec4(over.a > 0.0 ? over.rgb : vTint.rgb, alpha);
}
`,dg=`
attribute vec4 fill;
attribute vec4 edge;
attribute vec3 sign;       // shape, diameter in pixels, time
uniform float ratio;
uniform float lift;
varying vec4 vFill;
varying vec4 vEdge;
varying vec3 vSign;
varying float vSize;
void main() {
  vec4 eye = modelViewMatrix * vec4(position, 1.0);
  vec4 lifted = projectionMatrix * (eye + vec4(0.0, 0.0, lift, 0.0));
  vFill = fill;
  vEdge = edge;
  vSign = sign;
  vSize = sign.y * ratio + 4.0;
  vec4 clip = projectionMatrix * eye;
  gl_Position = vec4(clip.xy, lifted.z / lifted.w * clip.w, clip.w);
  gl_PointSize = vSize;
}
`,fg=`
uniform float cut;
uniform float ratio;
uniform float opacity;
varying vec4 vFill;
varying vec4 vEdge;
varying vec3 vSign;
varying float vSize;
// distance to a five-pointed star of radius 1 (after I. Quilez)
float star(vec2 p) {
  const vec2 k1 = vec2(0.809016994, -0.587785252);
  const vec2 k2 = vec2(-0.809016994, -0.587785252);
  p.x = abs(p.x);
  p -= 2.0 * max(dot(k1, p), 0.0) * k1;
  p -= 2.0 * max(dot(k2, p), 0.0) * k2;
  p.x = abs(p.x);
  p.y -= 1.0;
  vec2 ba = 0.42 * vec2(-k1.y, k1.x) - vec2(0.0, 1.0);
  float h = clamp(dot(p, ba) / dot(ba, ba), 0.0, 1.0);
  return length(p - ba * h) * sign(p.y * ba.x - p.x * ba.y);
}
void main() {
  if (vSign.z > cut) discard;
  vec2 p = (gl_PointCoord - 0.5) * vSize;
  p.y = -p.y;
  float radius = 0.5 * vSign.y * ratio;
  float away = vSign.x > 2.5 ? (abs(p.x) + abs(p.y) - radius) * 0.7071 : vSign.x > 1.5 ? star(p / radius) * radius : length(p) - radius;
  float inside = clamp(0.5 - away, 0.0, 1.0);
  if (inside < 0.01) discard;
  float width = (vSign.x > 0.5 && vSign.x < 1.5 ? 2.2 : 1.3) * ratio;
  float core = clamp(0.5 - away - width, 0.0, 1.0);
  vec4 color = mix(vEdge, vFill, core);
  gl_FragColor = vec4(color.rgb, color.a * inside * opacity);
}
`,pg=`
attribute float tone;
varying float vTone;
varying vec3 vNormal;
varying vec3 vWorld;
void main() {
  vTone = tone;
  vNormal = normal;
  vWorld = position;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}
`,mg=`
uniform sampler2D colors;
uniform vec3 light;
uniform vec4 cut;         // normal and offset of the cut
uniform float eyeSide;
uniform vec3 ground;
uniform vec3 unknown;
uniform vec3 depths;      // from where to where the ground shows through, and how much
uniform float opacity;
varying float vTone;
varying vec3 vNormal;
varying vec3 vWorld;
void main() {
  float side = (dot(vWorld, cut.xyz) - cut.w) * eyeSide;
#ifdef FAINT
  if (side <= 0.0) discard;
#else
  if (side > 0.0) discard;
#endif
  vec3 color = vTone == vTone ? texture2D(colors, vec2((clamp(vTone, 0.0, 1.0) * 255.0 + 0.5) / 256.0, 0.5)).rgb : unknown;
  vec3 v = normalize(cameraPosition - vWorld);
  vec3 n = normalize(vNormal);
  bool inner = dot(n, v) < 0.0;
  if (inner) n = -n;
  float diffuse = 0.5 + 0.5 * dot(n, light);
  float shine = pow(max(dot(n, normalize(light + v)), 0.0), 40.0);
#ifdef FAINT
  color = color * (0.75 + 0.35 * diffuse) + vec3(0.2 * shine);
#else
  color = color * (0.5 + 0.56 * diffuse * diffuse) * (inner ? 0.82 : 1.0) + vec3(0.14 * shine);
#endif
  float away = smoothstep(depths.x, depths.y, length(cameraPosition - vWorld));
  color = mix(color, ground, depths.z * away);
  float rim = 1.0 - abs(dot(n, v));
#ifdef FAINT
  gl_FragColor = vec4(color, opacity + 0.5 * rim * rim);
#else
  gl_FragColor = vec4(color, 1.0);
#endif
}
`,hg=()=>({count:0,start:[],end:[],tint:[],extra:[]});function gg(e,t,n,r,i,a=1,o=[0,0]){e.count++,e.start.push(...t),e.end.push(...n),e.tint.push(r[0],r[1],r[2],a),e.extra.push(i,...o)}var _g=()=>({count:0,position:[],fill:[],edge:[],sign:[]});function vg(e,t,n,r,i,a,o=0,s=1){e.count++,e.position.push(...t),e.fill.push(i[0],i[1],i[2],s),e.edge.push(a[0],a[1],a[2],1),e.sign.push(n,r,o)}function yg(e,t,n){let r=n.halo;return new Yd({vertexShader:e,fragmentShader:t,transparent:!0,depthWrite:!1,depthFunc:n.hidden?6:3,uniforms:{resolution:{value:new q(1,1)},ratio:{value:1},grow:{value:r?.grow??0},lift:{value:n.lift??0},cut:{value:1},opacity:{value:n.opacity??1},over:{value:r?new fl(...r.color,1):new fl(0,0,0,0)}}})}function bg(e,t,n,r){return e.frustumCulled=!1,e.renderOrder=n.order??0,{object:e,set:r,frame(e,n,r,i){t.uniforms.resolution.value.set(e,n),t.uniforms.ratio.value=r,t.uniforms.cut.value=i+1e-6},tone:e=>t.uniforms.over.value.set(...e,1),dispose(){e.geometry.dispose(),t.dispose()}}}function xg(e={}){let t=yg(lg,ug,e),n=new _d(new kf,t),r=new Mu(new Float32Array([0,-1,0,1,-1,0,0,1,0,1,1,0]),3),i=new Mu(new Uint16Array([0,1,2,2,1,3]),1);return bg(n,t,e,e=>{n.geometry.dispose();let t=new kf;t.setAttribute(`position`,r),t.setIndex(i);let a=(e,n,r)=>t.setAttribute(e,new xd(Float32Array.from(n),r));a(`start`,e.start,3),a(`end`,e.end,3),a(`tint`,e.tint,4),a(`extra`,e.extra,3),t.instanceCount=e.count,n.geometry=t,n.visible=e.count>0})}function Sg(e={}){let t=yg(dg,fg,e),n=new Nd(new qu,t);return bg(n,t,e,e=>{n.geometry.dispose();let t=new qu,r=(e,n,r)=>t.setAttribute(e,new Mu(Float32Array.from(n),r));r(`position`,e.position,3),r(`fill`,e.fill,4),r(`edge`,e.edge,4),r(`sign`,e.sign,3),n.geometry=t,n.visible=e.count>0})}var Cg=.5;function wg(e,t,n,r){return{label:e,scale:ye(`linear`,t,n),length:r,start:-r/2,span:r}}function Tg(e,t){return Se(e.scale,t).map(({value:t,label:n})=>({at:e.start+e.span*L(e.scale,t),label:n}))}function Eg(){let e=new Gl,t=new Yd({vertexShader:og,fragmentShader:sg,side:2,depthWrite:!1,uniforms:{color:{value:new fl}}}),n=new _d(new qu,t);n.renderOrder=2,n.frustumCulled=!1;let r=xg({order:-19,lift:-.012});e.add(n,r.object);let i=null,a=null,o=``,s=e=>{if(!i||!a)return;let[o,s,c]=[i.x.length/2,i.y.length/2,i.z.length/2],[l,u,d]=[e[0]*o,e[1]*s,e[2]*c],f=[[[l,-s,-c],[l,s,-c],[l,s,c],[l,-s,c]],[[-o,u,-c],[o,u,-c],[o,u,c],[-o,u,c]],[[-o,-s,d],[o,-s,d],[o,s,d],[-o,s,d]]],p=new qu,m=f.flatMap(e=>[e[0],e[1],e[2],e[0],e[2],e[3]]).flat();p.setAttribute(`position`,new Mu(Float32Array.from(m),3)),n.geometry.dispose(),n.geometry=p,t.uniforms.color.value.set(...a.pane,1);let h=hg();for(let{at:e}of Tg(i.x,5))gg(h,[e,-s,d],[e,s,d],a.grid,1),gg(h,[e,u,-c],[e,u,c],a.grid,1);for(let{at:e}of Tg(i.y,5))gg(h,[-o,e,d],[o,e,d],a.grid,1),gg(h,[l,e,-c],[l,e,c],a.grid,1);for(let{at:e}of Tg(i.z,5))gg(h,[l,-s,e],[l,s,e],a.grid,1),gg(h,[-o,u,e],[o,u,e],a.grid,1);for(let e of f)for(let t=0;t<4;t++)gg(h,e[t],e[(t+1)%4],a.edge,1);r.set(h)};return{object:e,set(e,t){i=e,a=t,o=``},frame(e){if(!i)return;let t=Dg(e);t.join()!==o&&s(t),o=t.join(),r.frame(e.width*e.ratio,e.height*e.ratio,e.ratio,1)},write(e,t){i&&Og(e,t,i)},dispose(){n.geometry.dispose(),t.dispose(),r.dispose()}}}function Dg(e){return[e.eye[0]>0?-1:1,e.eye[1]>0?-1:1,e.eye[2]>-.2?-1:1]}function Og(e,t,n){let r=Dg(t),[i,a,o]=[n.x.length/2,n.y.length/2,n.z.length/2],[s,c]=[-r[0]*i,-r[1]*a],l=t.project([0,0,r[2]*o]);if(!l)return;let u=t.up[2]<.2;if(!u){let r=[[s,-c,0],[-s,c,0]],i=r.map(e=>t.project(e)?.[0]??1/0),[a,o]=r[i[0]<i[1]?0:1];kg(e,t,n.z,e=>[a,o,e],l,5)}let d=u?o:r[2]*o;kg(e,t,n.x,e=>[e,c,d],l,5),kg(e,t,n.y,e=>[s,e,d],l,5)}function kg(e,t,n,r,i,a){let o=t.width<420,s=t.project(r(n.start)),c=t.project(r(n.start+n.span));if(!s||!c)return;let l=Math.hypot(c[0]-s[0],c[1]-s[1]);if(l<30)return;let u=[(s[0]+c[0])/2,(s[1]+c[1])/2],d=[-(c[1]-s[1])/l,(c[0]-s[0])/l];d[0]*(u[0]-i[0])+d[1]*(u[1]-i[1])<0&&(d=[-d[0],-d[1]]);let f=e.context,p=o?10:11,m=0;for(let i of Tg(n,a)){let n=t.project(r(i.at));if(!n)continue;f.strokeStyle=t.theme.soft,f.lineWidth=1,f.beginPath(),f.moveTo(n[0],n[1]),f.lineTo(n[0]+4*d[0],n[1]+4*d[1]),f.stroke(),f.font=`${p}px system-ui, sans-serif`;let a=f.measureText(i.label).width,o=8+Math.abs(d[0])*(a/2)+Math.abs(d[1])*(p/2);e.write(i.label,n[0]+o*d[0],n[1]+o*d[1],{size:p,color:t.theme.soft})&&(m=Math.max(m,o+Math.abs(d[0])*(a/2)+Math.abs(d[1])*(p/2)))}let h=Math.atan2(c[1]-s[1],c[0]-s[0]);h>Math.PI/2-Cg&&(h-=Math.PI),h<-Math.PI/2-Cg&&(h+=Math.PI),n.label.length<3&&(h=0);let g=m+12;Ag(e,t,n.label,[u[0]+g*d[0],u[1]+g*d[1]],h,o?11:12.5)}function Ag(e,t,n,r,i,a){e.context.font=`500 ${a}px system-ui, sans-serif`;let o=e.context.measureText(n).width/2,s=o*Math.abs(Math.cos(i))+a/2*Math.abs(Math.sin(i))+3,c=o*Math.abs(Math.sin(i))+a/2*Math.abs(Math.cos(i))+3;if(2*s>t.width||2*c>t.height)return;let l=Math.min(t.width-s,Math.max(s,r[0])),u=Math.min(t.height-c,Math.max(c,r[1])),d={size:a,weight:500,color:t.theme.ink,always:!0},f=r[0]<t.width/2;Math.abs(l-r[0])<9?e.write(n,l,u,{...d,angle:i}):e.write(n,f?8:t.width-8,14,{...d,halo:t.ground,align:f?`left`:`right`})}var jg=.52,Mg=.17,Ng=.02;function Pg(e,t,n,r,i){let[a,o]=[e.high-e.low||1,t.high-t.low||1],s=Math.max(a,o),[c,l]=r?[a/s,o/s]:[1,1],u=i?Mg:.03,d=jg+u;return{x:e,y:t,width:c,depth:l,height:d,floor:-d/2,base:-d/2+u,rise:jg,scale:n}}var Fg=(e,t)=>((t-e.x.low)/(e.x.high-e.x.low)-.5)*e.width,Ig=(e,t)=>((t-e.y.low)/(e.y.high-e.y.low)-.5)*e.depth,Lg=(e,t)=>e.x.low+(t/e.width+.5)*(e.x.high-e.x.low),Rg=(e,t)=>e.y.low+(t/e.depth+.5)*(e.y.high-e.y.low);function zg(e,t){let n=L(e.scale,t);return Number.isNaN(n)?NaN:e.base+e.rise*Math.min(1.02,Math.max(-.02,n))}function Bg(e,t){return{low:Math.min(e.low,t.low),high:Math.max(e.high,t.high)}}var Vg=new WeakMap;function Hg(e){let t=I(e);if(!(t instanceof Uint8Array))return t;let n=Vg.get(t);return n||Vg.set(t,n=Float32Array.from(t)),n}function Ug(e){let t=I(e.values);return t instanceof Float64Array?t:Float64Array.from(t)}function Wg(e,t,n){let r=Ye(e,t.scale),i=Kg(e,r,n.height);if(!i)return null;let[a,o]=i;return ye(r,a,t.clip!==null&&t.clip>a?Math.min(o,t.clip):o)}function Gg(e,t,n,r){let i=qe(e,t,n);if(i===`evaluated`)return{name:We,label:``,values:Je(t.predicted),scale:null,words:[`predicted`,`evaluated`]};let a=i!==Ke(e,t,n),o={name:i.name,label:i.label,values:Hg(i.values)};if(i.flag)return{...o,scale:null,words:[`not ${i.label}`,i.label]};if(!a){let e=Wg(i,n,r),t=e&&e.kind===`linear`&&i.center!==null;return{...o,scale:t?ye(`linear`,e.low,e.high,i.center):e,words:[``,``]}}let s=Kg(i,i.scale,r.color);return{...o,scale:s&&ye(i.scale,s[0],s[1],i.center),words:[``,``]}}function Kg(e,t,n){return n&&(t===`linear`||n[0]>0)?n:t===e.scale&&e.low!==null&&e.high!==null?[e.low,e.high]:R(Hg(e.values),t)}function qg(e,t){let n=e.quantities.find(e=>e.name===t);return{name:e.name,x:I(e.x),y:I(e.y),steps:e.steps&&I(e.steps),off:e.off&&I(e.off),atLeast:e.at_least,own:n?Hg(n.values):null,quantities:e.quantities}}function Jg(e,t,n){let r=Ge(e,t),i=Ke(e,r,t),a=Gg(e,r,t,n),o=Wg(i,t,n),[s,c]=[Ug(e.x),Ug(e.y)],l=o?.kind??`linear`,u=Hg(i.values),d=Sa(u,I(r.done),o?l:Ye(i,t.scale)),f=Ca(d,s,c),p=wa(u,f,l),m=a.values===u?p:wa(a.values,f,a.scale?.kind??`linear`),h=t.tracks===`off`?[]:e.tracks.map(e=>qg(e,i.name)),g=o??ye(`linear`,0,1),_=Pg(Xg(s,h,`x`,n.x),Xg(c,h,`y`,n.y),Zg(g,h,t),e.equal,t.floor),v=null;return{field:e,sheet:r,height:i,paint:a,scale:o,x:s,y:c,state:d,values:p,colors:m,box:_,courses:h,predicted:r.predicted&&I(r.predicted),heights:()=>v??=Yg(_,s,c,p,d)}}function Yg(e,t,n,r,i){let a=new Float32Array(r.length);for(let t=0;t<a.length;t++)a[t]=i[t]>=2?zg(e,r[t]):NaN;return{x:t.map(t=>Fg(e,t)),y:n.map(t=>Ig(e,t)),z:a}}function Xg(e,t,n,r){let i={low:e[0],high:e[e.length-1]},a=r?Bg(i,{low:r[0],high:r[1]}):i,o=.04*(a.high-a.low),{low:s,high:c}=a;for(let e of t)for(let t=0;t<e[n].length;t++){let r=e[n][t];r<a.low&&(s=Math.min(s,r-o)),r>a.high&&(c=Math.max(c,r+o))}return s<c?{low:s,high:c}:{low:s-.5,high:c+.5}}function Zg(e,t,n){if(n.tracks!==`true`||n.clip!==null)return e;let{low:r,high:i}=e,[a,o]=e.kind===`log`?[r*(r/i)**.5,i*(i/r)**.5]:[r-.5*(i-r),i+.5*(i-r)];for(let{own:n}of t)for(let t=0;n&&t<n.length;t++)n[t]<r&&(e.kind===`linear`||n[t]>0)&&(r=Math.max(n[t],a)),n[t]>i&&(i=Math.min(n[t],o));return ye(e.kind,r,i)}function Qg(e,t,n,r=0){let{x:i,y:a}=e,[o,s]=[i.length,a.length];if(o<2||s<2)return null;let c=n_(t,n,[i[0],i[o-1]],[a[0],a[s-1]],r);if(!c)return null;let l=c[0],u=$g(i,t[0]+l*n[0]),d=$g(a,t[1]+l*n[1]);for(let f=o+s+2;f>0;f--){let f=r_(i,u,t[0],n[0]),p=r_(a,d,t[1],n[1]),m=Math.min(f,p,c[1]),h=i_(e,u,d,t,n,r,l,m);if(h)return h;if(m>=c[1]||(f<=p&&(u+=n[0]>0?1:-1),p<=f&&(d+=n[1]>0?1:-1),u<0||d<0||u>o-2||d>s-2))return null;l=m}return null}function $g(e,t){let[n,r]=[0,e.length-1];for(;r-n>1;){let i=n+r>>1;e[i]<=t?n=i:r=i}return n}function e_(e,t){if(e.length<2)return 0;let n=$g(e,t);return t-e[n]<=e[n+1]-t?n:n+1}function t_(e,t,n){let{x:r,y:i,z:a}=e,o=i.length;if(!(t>=r[0]&&t<=r[r.length-1]&&n>=i[0]&&n<=i[o-1]))return NaN;let[s,c]=[$g(r,t),$g(i,n)],l=t===r[s]&&s>0?[s,s-1]:[s],u=n===i[c]&&c>0?[c,c-1]:[c];for(let e of l)for(let s of u){let[c,l,u]=[(t-r[e])/(r[e+1]-r[e]),(n-i[s])/(i[s+1]-i[s]),e*o+s],[d,f,p,m]=[a[u],a[u+o],a[u+1],a[u+o+1]];if(!Number.isNaN(d+f+p+m))return c+l<=1?d+c*(f-d)+l*(p-d):m+(1-c)*(p-m)+(1-l)*(f-m)}return NaN}function n_(e,t,n,r,i){let[a,o]=[i,1/0];for(let[i,[s,c]]of[n,r].entries()){if(t[i]===0){if(e[i]<s||e[i]>c)return null;continue}let[n,r]=[(s-e[i])/t[i],(c-e[i])/t[i]];a=Math.max(a,Math.min(n,r)),o=Math.min(o,Math.max(n,r))}return a<=o?[a,o]:null}function r_(e,t,n,r){return r===0?1/0:(e[r>0?t+1:t]-n)/r}function i_(e,t,n,r,i,a,o,s){let c=e.y.length,l=t*c+n,[u,d,f,p]=[e.z[l],e.z[l+c],e.z[l+1],e.z[l+c+1]];if(Number.isNaN(u+d+f+p))return null;let[m,h]=[r[2]+o*i[2],Number.isFinite(s)?r[2]+s*i[2]:Math.sign(i[2])*(1/0)];if(Math.min(m,h)>Math.max(u,d,f,p)||Math.max(m,h)<Math.min(u,d,f,p))return null;let g=[e.x[t],e.y[n],u],_=[e.x[t+1],e.y[n],d],v=[e.x[t],e.y[n+1],f],y=[e.x[t+1],e.y[n+1],p],b=a_(r,i,g,_,v),x=a_(r,i,_,y,v),S=Math.min(b>a?b:1/0,x>a?x:1/0);return Number.isFinite(S)?{point:[r[0]+S*i[0],r[1]+S*i[1],r[2]+S*i[2]],distance:S}:null}function a_(e,t,n,r,i){let[a,o,s]=[r[0]-n[0],r[1]-n[1],r[2]-n[2]],[c,l,u]=[i[0]-n[0],i[1]-n[1],i[2]-n[2]],[d,f,p]=[t[1]*u-t[2]*l,t[2]*c-t[0]*u,t[0]*l-t[1]*c],m=a*d+o*f+s*p;if(m===0)return 1/0;let[h,g,_]=[e[0]-n[0],e[1]-n[1],e[2]-n[2]],v=(h*d+g*f+_*p)/m;if(v<-1e-9||v>1.000000001)return 1/0;let[y,b,x]=[g*s-_*o,_*a-h*s,h*o-g*a],S=(t[0]*y+t[1]*b+t[2]*x)/m;return S<-1e-9||v+S>1.000000001?1/0:(c*y+l*b+u*x)/m}function o_(e,t){let n=Hg(e.values)[t];if(e.flag)return Number.isFinite(n)?n>.5?`yes`:`no`:z(n);let r=e.error?Hg(e.error)[t]:NaN;return Number.isFinite(r)&&Number.isFinite(n)?`${z(n,4)} ± ${z(r,2)}`:z(n,4)}function s_(e,t,n){let[r,i]=[e_(e.x,Lg(e.box,t)),e_(e.y,Rg(e.box,n))],a=r*e.y.length+i;if(e.state[a]!==3)return a;let[o,s]=[e.x.length,e.y.length];for(let a=1;a<Math.max(o,s);a++){let c=c_(r,i,a).filter(([t,n])=>t>=0&&n>=0&&t<o&&n<s&&e.state[t*s+n]===2),l=([r,i])=>Math.hypot(Fg(e.box,e.x[r])-t,Ig(e.box,e.y[i])-n),u=c.sort((e,t)=>l(e)-l(t))[0];if(u)return u[0]*s+u[1]}return a}function c_(e,t,n){let r=[];for(let i=-n;i<=n;i++)r.push([e+i,t-n],[e+i,t+n],[e-n,t+i],[e+n,t+i]);return r}function l_(e,t){let n=e.y.length;return[Fg(e.box,e.x[Math.floor(t/n)]),Ig(e.box,e.y[t%n]),e.heights().z[t]]}function u_(e,t){let n=e.y.length,r=[[e.field.x.label,z(e.x[Math.floor(t/n)],4)],[e.field.y.label,z(e.y[t%n],4)]];if(e.state[t]===0)return[...r,[e.height.label,`not computed yet`]];let i=[e.height,...e.sheet.quantities.filter(t=>t!==e.height)];for(let e of i)r.push([e.label,o_(e,t)]);return e.state[t]===1&&Number.isFinite(Hg(e.height.values)[t])&&r.push([`drawn`,`no: not positive, on a log scale`]),e.scale&&Hg(e.height.values)[t]>e.scale.high*(1+1e-6)&&r.push([`drawn`,`cut off at ${z(e.scale.high)}`]),e.predicted&&!e.sheet.quantities.some(e=>e.name===`evaluated`)&&r.push([`evaluated`,e.predicted[t]?`no, predicted`:`yes`]),r}function d_(e){if(e.marker){let t=e.marker.values.map(({name:e,value:t})=>[e,t===null?`not known`:z(t,4)]);return[[`point`,e.marker.name],...t]}let{course:t,k:n}=e;if(!t)return[];let r=[[`track`,t.name||`run`]];t.steps&&r.push([`step`,z(t.steps[n],6)]);let i=De(t,n);i&&r.push([`off the plane`,`${i} of its distance`]);for(let e of t.quantities)r.push([`${e.label}, its own`,o_(e,n)]);return r}function f_(e,t,n,r,i,a=12){let o=null,s=a;for(let a of e){if(a.time>i+1e-9)continue;let e=t.project(a.at);if(!e)continue;let c=Math.hypot(e[0]-n,e[1]-r)-(a.marker?3:0);c<s&&([o,s]=[a,c])}return o}function p_(e,t,n){return{lines:[...n?d_(n):[],...t===null?[]:u_(e,t)]}}var m_=12,h_=.35;function g_(e,t){let{x:n,y:r,z:i}=e,[a,o]=[n.length,r.length],s=t.map(()=>Array(m_).fill(null)),c=(a,o,c,l)=>{let u=Math.min(i[a],i[o]),d=Math.max(i[a],i[o]);for(let f=0;f<t.length;f++){let p=t[f];if(!(p>u&&p<=d))continue;let m=(p-i[a])/(i[o]-i[a]),[h,g]=__(e,c,l),_=Math.hypot(h,g);if(!(_>1e-6))continue;let[v,y]=o===a+1?[n[c],r[l]+m*(r[l+1]-r[l])]:[n[c]+m*(n[c+1]-n[c]),r[l]],b=Math.min(11,Math.floor((Math.atan2(y,v)/Math.PI+1)/2*m_)),x=s[f][b];if(x&&x.steep<=_)continue;let S=Math.hypot(h,g,1),C={at:[v,y,p],k:a,tangent:[-g/_,h/_,0],normal:[-h/S,-g/S,1/S]};s[f][b]={place:C,steep:_}}};for(let e=1;e<a-1;e++)for(let t=1;t<o-1;t++){let n=e*o+t;c(n,n+o,e,t),c(n,n+1,e,t)}return s.map(e=>e.flatMap(e=>e?[e.place]:[]))}function __({x:e,y:t,z:n},r,i){let a=r*t.length+i;return[(n[a+t.length]-n[a-t.length])/(e[r+1]-e[r-1]),(n[a+1]-n[a-1])/(t[i+1]-t[i-1])]}function v_(e,t,n,r){let i=t.width>560?2:1;for(let a of n){let n=e=>a.last?.includes(e)?.3:0,o=a.places.map(e=>({place:e,facing:y_(e,t)})).filter(({facing:e})=>e>.3).sort((e,t)=>t.facing+n(t.place)-e.facing-n(e.place)),s=[];for(let{place:n}of o){if(s.length>=i)break;s.some(({at:e})=>Math.hypot(e[0]-n.at[0],e[1]-n.at[1])<h_)||b_(e,t,a,n,r)&&s.push(n)}a.last=s}}function y_(e,t){let n=e.at.map((e,n)=>t.eye[n]-e),r=Math.hypot(...n);return n.reduce((t,n,i)=>t+n/r*e.normal[i],0)}function b_(e,t,n,r,i){let[a,o,s]=[-.03,.03,0].map(e=>t.project(r.at.map((t,n)=>t+e*r.tangent[n])));if(!a||!o||!s||Math.hypot(o[0]-a[0],o[1]-a[1])<10||x_(r.at,t,i))return!1;let c=Math.atan2(o[1]-a[1],o[0]-a[0]);return c>Math.PI/2&&(c-=Math.PI),c<-Math.PI/2&&(c+=Math.PI),e.write(n.text,s[0],s[1],{size:10,...n.colors(r.k),angle:c,weight:500})}function x_(e,t,n){let r=e.map((e,n)=>t.eye[n]-e),i=Math.hypot(...r),a=r.map(e=>e/i);return Qg(n,[e[0],e[1],e[2]+.004],a,.006)!==null}function S_(e,t){return Math.max(1,Math.min(8,Math.floor(130/Math.max(e,t))))}function C_(e,t,n,r,i,a=1){let[o,s]=[[],[]],c=(r-1)*i+1,l=Math.ceil((n-1)/a)*Math.ceil((r-1)/a)*i*i,u=new Uint32Array(6*l),d=0;for(let l=0;l<n-1;l+=a){let f=Math.min(l+a,n-1);for(let n=0;n<r-1;n+=a){let p=Math.min(n+a,r-1),[m,h,g,_]=[l*r+n,f*r+n,l*r+p,f*r+p];if(e[m]<2||e[h]<2||e[g]<2||e[_]<2){(e[m]===1||e[h]===1||e[g]===1||e[_]===1?o:s).push(l*(r-1)+n);continue}let v=i===1&&Math.abs(t[m]-t[_])<Math.abs(t[h]-t[g]),y=i===1?[f-l,p-n]:[1,1];for(let e=0;e<i;e++)for(let t=0;t<i;t++){let r=(l*i+e)*c+n*i+t;d=w_(u,d,r,r+y[0]*c,r+y[1],r+y[0]*c+y[1],v)}}}return{indices:u.subarray(0,d),bad:o,missing:s}}function w_(e,t,n,r,i,a,o){let s=o?[n,r,a,n,a,i]:[n,r,i,r,a,i];for(let n of s)e[t++]=n;return t}function T_(e){let[t,n]=[0,0];for(let r of e)r>=2&&n++,r===3&&t++;return n?t/n:0}var E_=.6;function D_(e,t){let{x:n,y:r,state:i,values:a,colors:o,paint:s,scale:c}=e,l=r.length,{indices:u}=C_(i,a,n.length,l,1),d=new Int32Array(i.length).fill(-1),f=E_*Math.max(n[n.length-1]-n[0],r[l-1]-r[0]),[p,m]=[[],[]];for(let e=0;e<i.length;e++){if(i[e]<2||!c)continue;d[e]=p.length/3,p.push(n[Math.floor(e/l)],r[e%l],f*Math.min(1,L(c,a[e])));let u=s.scale?L(s.scale,o[e]):o[e];m.push(...(V(t,u)??[160,160,160]).map(e=>e/255))}return{positions:Float32Array.from(p),colors:Float32Array.from(m),indices:u.map(e=>d[e])}}function O_(e,{hover:t,leave:n}){let r=0,i=()=>{r&&cancelAnimationFrame(r),r=0},a=a=>{let o=e.getBoundingClientRect(),[s,c]=[a.clientX-o.left,a.clientY-o.top],l=a.buttons!==0;i(),r=requestAnimationFrame(()=>{r=0,l?n():t(s,c)})},o=()=>{i(),n()};return e.addEventListener(`pointermove`,a),e.addEventListener(`pointerleave`,o),()=>{i(),e.removeEventListener(`pointermove`,a),e.removeEventListener(`pointerleave`,o)}}function k_(e,t){for(let[n,r]of[[`#ffffff`,4],[`#111111`,1.8]])Object.assign(e,{strokeStyle:n,lineWidth:r}),e.beginPath(),e.arc(...t,5.5,0,2*Math.PI),e.stroke()}function A_(e,t,n){let r=new Float32Array(e.length),i=t===`linear`&&e instanceof Float64Array,a=i?e=>L(n,e):t===`log`?Math.log:e=>e;for(let t=0;t<r.length;t++){let n=a(e[t]);r[t]=Number.isFinite(n)?n:0}return i?{numbers:r,offset:0,factor:1}:{numbers:r,offset:a(n.low),factor:1/(a(n.high)-a(n.low))}}function j_(e,t){let n=t.scale?.kind===`log`;return Float32Array.from(e,e=>Number.isFinite(e)&&(!n||e>0)?1:0)}function M_(e,t,n,r){let[i,a]=[n.length,r.length],o=new Float32Array(2*i*a);for(let s=0,c=0;s<i;s++)for(let l=0;l<a;l++,c++){if(t[c]<2)continue;let[u,d]=[+(s>0&&t[c-a]>=2),+(s<i-1&&t[c+a]>=2)],[f,p]=[+(l>0&&t[c-1]>=2),+(l<a-1&&t[c+1]>=2)];u+d&&(o[2*c]=(e[c+d*a]-e[c-u*a])/(n[s+d]-n[s-u])),f+p&&(o[2*c+1]=(e[c+p]-e[c-f])/(r[l+p]-r[l-f]))}return o}function N_(e,t){let{x:n,y:r,state:i}=e,[a,o]=[n.length,r.length],s=M_(e.heights,i,n,r),c=(t,n)=>n===0?e.heights[t]:n===1?e.colors[t]:n===2?+(i[t]===3):e.known[t],[l,u]=[(a-1)*t+1,(o-1)*t+1],d=l*u,f={at:new Float32Array(4*d),data:new Float32Array(4*d),slope:new Float32Array(2*d)};for(let e=0,i=0;e<l;e++){let l=Math.min(Math.floor(e/t),a-1),d=(e-l*t)/t,p=d>0?o:0;for(let a=0;a<u;a++,i++){let u=Math.min(Math.floor(a/t),o-1),m=(a-u*t)/t,h=l*o+u,g=+(m>0),_=(e,t,n,r)=>(1-m)*(e+d*(t-e))+m*(n+d*(r-n));f.at[4*i]=e/t,f.at[4*i+1]=a/t,f.at[4*i+2]=p?n[l]+d*(n[l+1]-n[l]):n[l],f.at[4*i+3]=g?r[u]+m*(r[u+1]-r[u]):r[u];for(let e=0;e<4;e++)f.data[4*i+e]=d+m===0?c(h,e):_(c(h,e),c(h+p,e),c(h+g,e),c(h+p+g,e));for(let e=0;e<2;e++){let t=t=>s[2*t+e];f.slope[2*i+e]=d+m===0?t(h):_(t(h),t(h+p),t(h+g),t(h+p+g))}}}return f}var P_=150,F_=1.15,I_=.62,L_=class{geometry=new qu;coarse=null;left={bad:[],missing:[]};uniforms={colors:{value:new bd(new Uint8Array(1024),256,1,Cs)},cells:{value:new bd(new Uint8Array(2),1,1,Os)},heightScale:{value:new q(0,1)},colorScale:{value:new q(0,1)},rise:{value:new fl},lines:{value:new fl},levelEnds:{value:new q(0,1)},flags:{value:0},flagOff:{value:new J},flagOn:{value:new J},unknown:{value:new J},light:{value:new J(0,0,1)}};map=``;grid=[0,0];constructor(){let{colors:e}=this.uniforms;e.value.minFilter=e.value.magFilter=as}set(e,t,n,r){let[i,a]=[e.x.length,e.y.length],o=S_(i,a);(i!==this.grid[0]||a!==this.grid[1])&&this.resize(i,a,o);let s=A_(e.values,e.scale.kind,e.box.scale),c=e.paint.scale??ye(`linear`,0,1),l=A_(e.colors,c.kind,c),u=j_(e.colors,e.paint),d={x:Float32Array.from(e.x,t=>Fg(e.box,t)),y:Float32Array.from(e.y,t=>Ig(e.box,t)),state:e.state,heights:s.numbers,colors:l.numbers,known:u};this.upload(N_(d,o)),this.index(e,o);let f=this.uniforms;f.heightScale.value.set(s.offset,s.factor),f.colorScale.value.set(l.offset,l.factor),f.rise.value.set(e.box.base,e.box.rise,-Ng,L(e.box.scale,e.scale.high)+1e-5),f.flags.value=+!e.paint.scale,e.paint.scale||this.flag(e,u),this.repaint(e,t,n,r)}repaint(e,t,n,r){this.paint(t,e.paint,n),this.lines(e,r)}dispose(){this.geometry.dispose(),this.coarse?.dispose(),this.uniforms.colors.value.dispose(),this.uniforms.cells.value.dispose()}resize(e,t,n){this.geometry.dispose(),this.coarse?.dispose(),this.geometry=new qu;let r=((e-1)*n+1)*((t-1)*n+1);for(let[e,t]of[[`at`,4],[`data`,4],[`slope`,2]])this.geometry.setAttribute(e,new Mu(new Float32Array(t*r),t));this.coarse=n===1&&Math.max(e,t)>P_?new qu:null;for(let e of[`at`,`data`,`slope`])this.coarse?.setAttribute(e,this.geometry.getAttribute(e));this.grid=[e,t]}upload(e){for(let t of[`at`,`data`,`slope`]){let n=this.geometry.getAttribute(t);n.array.set(e[t]),n.needsUpdate=!0}}index(e,t){let[n,r]=this.grid,{indices:i,...a}=C_(e.state,e.values,n,r,t);R_(this.geometry,i),this.coarse&&R_(this.coarse,C_(e.state,e.values,n,r,1,2).indices),this.left=a}flag(e,t){let[n,r]=this.grid;this.uniforms.cells.value.dispose();let i=new Uint8Array(2*n*r);for(let a=0;a<n*r;a++)i.set([e.colors[a]>.5?255:0,t[a]?255:0],2*a);let a=new bd(i,r,n,Os);a.unpackAlignment=1,a.needsUpdate=!0,this.uniforms.cells.value=a}paint(e,t,n){let{colors:r,flagOff:i,flagOn:a,unknown:o}=this.uniforms;if(e!==this.map){let t=B(e),n=r.value.image.data;for(let e=0;e<256;e++)n.set([t[3*e],t[3*e+1],t[3*e+2],255],4*e);r.value.needsUpdate=!0,this.map=e}let[s,c]=Xe(t.name),l=t=>V(e,t).map(e=>e/255);i.value.set(...l(s)),a.value.set(...l(c)),o.value.set(...n.unknown)}lines(e,t){let n=Ce(e.scale,11).map(t=>L(e.box.scale,t)),[r,i]=[n[0]??0,n[n.length-1]??1],a=n.length>1?(i-r)/(n.length-1):1;this.uniforms.lines.value.set(1/a,-r/a,F_,t&&n.length?I_:0),this.uniforms.levelEnds.value.set(r-.5*a,i+.5*a)}};function R_(e,t){let n=e.getIndex();if(n&&n.array.length>=t.length)n.array.set(t),n.needsUpdate=!0;else{let n=new Uint32Array(t.buffer.byteLength/4);n.set(t),e.setIndex(new Mu(n,1))}e.setDrawRange(0,t.length)}function z_(e,t){let n=new Yd({vertexShader:ig,fragmentShader:ag,side:2,defines:t===`standing`?{}:t===`flat`?{FLAT:1}:{FLAT:1,LID:1},uniforms:e.uniforms}),r=new _d(e.geometry,n);return r.frustumCulled=!1,{mesh:r,shader:n}}function B_(){let e=new Yd({vertexShader:og,fragmentShader:cg,side:2,transparent:!0,depthWrite:!1,uniforms:{color:{value:new fl},ratio:{value:1},crossed:{value:0}}}),t=new _d(new qu,e);return t.frustumCulled=!1,t.renderOrder=-9,{mesh:t,set(n,r,i,a){let o=r.y.length-1,s=new Float32Array(18*n.length);n.forEach((e,t)=>{let[n,i]=[Math.floor(e/o),e%o],[a,c]=[Fg(r.box,r.x[n]),Fg(r.box,r.x[n+1])],[l,u]=[Ig(r.box,r.y[i]),Ig(r.box,r.y[i+1])];s.set([a,l,0,c,l,0,c,u,0,a,l,0,c,u,0,a,u,0],18*t)}),t.geometry.dispose(),t.geometry=new qu,t.geometry.setAttribute(`position`,new Mu(s,3)),t.visible=n.length>0,e.uniforms.color.value.set(...i,.75),e.uniforms.crossed.value=+!!a},frame:t=>e.uniforms.ratio.value=t,dispose(){t.geometry.dispose(),e.dispose()}}}var V_=.35,H_=.02,U_=.86,W_=6,G_=220,K_=class{element;steering;pointers=new Map;velocity={azimuth:0,elevation:0};glide=0;timer=0;last=0;heard;constructor(e,t){this.element=e,this.steering=t,this.heard=[[`pointerdown`,e=>this.down(e)],[`pointermove`,e=>this.drag(e)],[`pointerup`,e=>this.up(e)],[`pointercancel`,e=>this.up(e)],[`wheel`,e=>this.wheel(e)],[`keydown`,e=>this.key(e)],[`contextmenu`,e=>e.preventDefault()]];for(let[t,n]of this.heard)e.addEventListener(t,n,{passive:!1})}stop(){this.glide&&cancelAnimationFrame(this.glide),this.glide=0,this.velocity={azimuth:0,elevation:0}}dispose(){this.stop(),window.clearTimeout(this.timer);for(let[e,t]of this.heard)this.element.removeEventListener(e,t)}move(e,t=!1){this.steering.set(e,t)}settle(){window.clearTimeout(this.timer),this.timer=window.setTimeout(()=>this.move(this.steering.get(),!0),G_)}glideOn=()=>{let{azimuth:e,elevation:t}=this.velocity;this.velocity={azimuth:e*U_,elevation:t*U_};let n=this.steering.get(),r=s(n,this.velocity.azimuth,this.velocity.elevation),i=Math.hypot(this.velocity.azimuth,this.velocity.elevation)<H_||f(n,r);this.glide=i?0:requestAnimationFrame(this.glideOn),this.move(r,i)};down(e){this.stop(),this.element.focus({preventScroll:!0}),this.element.setPointerCapture?.(e.pointerId),this.pointers.set(e.pointerId,{x:e.clientX,y:e.clientY})}drag(e){let t=this.pointers.get(e.pointerId);if(!t)return;let[n,r]=[e.clientX-t.x,e.clientY-t.y];if(!n&&!r)return;let i=this.element.clientHeight||1,a=[...this.pointers].find(([t])=>t!==e.pointerId)?.[1];this.pointers.set(e.pointerId,{x:e.clientX,y:e.clientY});let o=this.steering.get();if(a){let s=Math.hypot(t.x-a.x,t.y-a.y),u=Math.hypot(e.clientX-a.x,e.clientY-a.y),d=s>0&&u>0?c(o,s/u):o;this.move(l(d,n/2/i,-r/2/i))}else if(e.buttons&6||e.shiftKey)this.move(l(o,n/i,-r/i));else{let e=performance.now(),t=Math.max((e-this.last)/16.7,1);this.last=e,this.velocity={azimuth:-.35*n/t,elevation:V_*r/t},this.move(s(o,-.35*n,V_*r))}}up(e){if(!this.pointers.delete(e.pointerId)||this.pointers.size)return;let t=Math.hypot(this.velocity.azimuth,this.velocity.elevation);e.type===`pointerup`&&performance.now()-this.last<60&&t>.3?this.glide=requestAnimationFrame(this.glideOn):this.move(this.steering.get(),!0)}wheel(e){e.preventDefault(),this.stop();let t=e.deltaY*(e.deltaMode===1?16:e.deltaMode===2?400:1);this.move(c(this.steering.get(),Math.exp(Math.min(240,Math.max(-240,t))*.0015))),this.settle()}key(e){if(e.ctrlKey||e.metaKey||e.altKey)return;let t=q_(this.steering.get(),e.key,e.shiftKey);t&&(e.preventDefault(),this.stop(),this.move(t),this.settle())}};function q_(e,n,r){let i={ArrowLeft:[-1,0],ArrowRight:[1,0],ArrowUp:[0,1],ArrowDown:[0,-1]}[n];return i&&r?l(e,-.05*i[0],-.05*i[1]):i?s(e,W_*i[0],W_*i[1]):n===`+`||n===`=`?c(e,1/1.12):n===`-`||n===`_`?c(e,1.12):n===`Home`?o(t):null}var J_=`system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif`;function Y_(e,t,n){let r=[],i=e=>r.every(t=>e.x1<t.x0||e.x0>t.x1||e.y1<t.y0||e.y0>t.y1);return{context:e,width:t,height:n,keep:(e,t,n,i)=>r.push({x0:e,y0:t,x1:e+n,y1:t+i}),write(a,o,s,c){let l=c.size??11;e.font=`${c.weight??400} ${l}px ${J_}`;let u=e.measureText(a).width,d=c.angle??0,f=c.align===`left`?0:c.align===`right`?-u:-u/2,p=f+u/2,[m,h]=[o+p*Math.cos(d),s+p*Math.sin(d)],g=[Math.abs(u/2*Math.cos(d))+Math.abs(l/2*Math.sin(d))+2,Math.abs(u/2*Math.sin(d))+Math.abs(l/2*Math.cos(d))+1],_={x0:m-g[0],y0:h-g[1],x1:m+g[0],y1:h+g[1]};return!c.always&&(!i(_)||_.x0<0||_.y0<0||_.x1>t||_.y1>n)?!1:(r.push(_),e.save(),e.translate(o,s),e.rotate(d),e.textAlign=`left`,e.textBaseline=`middle`,c.halo&&(e.lineJoin=`round`,e.lineWidth=3,e.strokeStyle=c.halo,e.strokeText(a,f,.5)),e.fillStyle=c.color,e.fillText(a,f,.5),e.restore(),!0)}}}var X_=e=>[0,2,4].map(t=>parseInt(e.slice(1+t,3+t),16)/255);function Z_(e,t,n,r,i,a,o,s,c){return{name:e,ink:t,soft:n,ground:r,inkRgb:X_(t),groundRgb:X_(r),grid:X_(i),pane:X_(a),edge:X_(o),hatch:X_(s),unknown:X_(c)}}var Q_={light:Z_(`light`,`#1d2630`,`#5b6672`,`#ffffff`,`#d5dbe1`,`#f5f7f9`,`#aab3bd`,`#6b7682`,`#b4bac1`),dark:Z_(`dark`,`#e8ecf0`,`#a3aeb9`,`#14171c`,`#2c333c`,`#191d23`,`#4a5560`,`#8a95a1`,`#5a636d`)},$_=(e,t)=>X_(vn(_n(e),t)),ev=e=>X_(_n(e).star),tv=(e,t=1)=>`rgba(${e.map(e=>Math.round(255*e)).join(`, `)}, ${t})`,nv=(e,t,n)=>[0,1,2].map(r=>e[r]+n*(t[r]-e[r]));function rv(e,t){for(let t=e;t;t=t.parentElement){let e=getComputedStyle(t).backgroundColor;if(e&&e!==`transparent`&&!/^rgba\(.*, 0\)$/.test(e))return e}return t}var iv=null;function av(){if(iv===null){let e=document.createElement(`canvas`).getContext(`webgl2`);iv=e?sv(ov(e)):`none`,e?.getExtension(`WEBGL_lose_context`)?.loseContext()}return iv}function ov(e){let t=e.getExtension(`WEBGL_debug_renderer_info`);return String(e.getParameter(t?t.UNMASKED_RENDERER_WEBGL:e.RENDERER))}function sv(e){return/swiftshader|llvmpipe|softpipe|software|basic render|swrast/i.test(e)?`software`:`hardware`}var cv=2,lv=.6,uv=260,dv=1e3,fv=4e3,pv=8192;function mv(){let e=document.createElement(`div`);return Object.assign(e.style,{position:`relative`,width:`100%`,height:`100%`,overflow:`hidden`}),Object.assign(e.style,{touchAction:`none`,outlineOffset:`-2px`}),e.tabIndex=0,e.setAttribute(`role`,`img`),e}function hv(e){let t=document.createElement(`canvas`);return Object.assign(t.style,{position:`absolute`,inset:`0`,width:`100%`,height:`100%`,display:`block`}),t.setAttribute(`aria-hidden`,`true`),e.append(t),t}var gv=class{callbacks;actor;element;scene=new $l;canvas;sheet;renderer;eye=new Df;point=new J;software=av()===`software`;controls;camera=o(t);theme=Q_.light;ground=this.theme.ground;low=this.software;moving=!1;wanted=``;request=0;frames=0;ready=!1;lost=0;rest=0;size={width:0,height:0,ratio:0};constructor(e,t){this.callbacks=e,this.actor=t,X.enabled=!1,this.element=mv(),this.canvas=hv(this.element),this.sheet=hv(this.element),this.sheet.style.pointerEvents=`none`,this.renderer=new rg({canvas:this.canvas,antialias:!this.software,alpha:!0,powerPreference:`high-performance`}),this.renderer.setClearColor(0,0),this.controls=new K_(this.element,{get:()=>this.camera,set:(t,n)=>{this.show(t,n),e.onCamera(t,n)}}),this.canvas.addEventListener(`webglcontextlost`,this.onLost),this.canvas.addEventListener(`webglcontextrestored`,this.onRestored)}invalidate(e=`picture`){this.wanted!==`picture`&&(this.wanted=e),this.request||=requestAnimationFrame(this.draw)}settings(e){this.theme=Q_[e.theme],this.low=e.quality===`low`||e.quality===`auto`&&this.software,this.element.dataset.quality=this.low?`low`:`high`,this.invalidate()}setCamera(e){f(this.camera,o(e))||(this.controls.stop(),this.show(o(e),!1))}getCamera(){return this.camera}resize(){this.invalidate()}frame(e=this.ratio()){let{theme:t,ground:n,moving:r,low:i,eye:o,point:s}=this,c=this.element.clientWidth||300,l=this.element.clientHeight||200;return this.place(c/l),{...a(this.camera),width:c,height:l,ratio:e,theme:t,ground:n,moving:r,low:i,project(e){return s.set(...e).applyMatrix4(o.matrixWorldInverse),s.z>-.01?null:(s.applyMatrix4(o.projectionMatrix),[(.5+.5*s.x)*c,(.5-.5*s.y)*l])}}}ray(e,t){let n=this.frame(1);this.point.set(2*e/n.width-1,1-2*t/n.height,.5).unproject(this.eye);let r=this.point.sub(this.eye.position).normalize();return{origin:n.eye,direction:[r.x,r.y,r.z]}}picture(e){if(this.lost)throw Error(`the 3-D picture is lost at the moment; try again`);let{width:t,height:n}=this.frame(),r=this.low?1:Math.min(window.devicePixelRatio||1,cv),i=Math.min(e*r,pv/Math.max(t,n));this.ground=rv(this.element,this.theme.ground);let a={...this.frame(i),moving:!1};this.render(a);let[o,s]=[document.createElement(`canvas`),document.createElement(`canvas`)];Object.assign(o,{width:this.canvas.width,height:this.canvas.height});let c=o.getContext(`2d`,{willReadFrequently:!0});return c.fillStyle=a.ground,c.fillRect(0,0,o.width,o.height),c.drawImage(this.canvas,0,0),this.words(a,s,i),c.drawImage(s,0,0,o.width,o.height),this.request&&cancelAnimationFrame(this.request),this.request=0,this.settle(dv),o}dispose(){this.controls.dispose();for(let e of[this.lost,this.rest])window.clearTimeout(e);this.request&&cancelAnimationFrame(this.request),this.canvas.removeEventListener(`webglcontextlost`,this.onLost),this.canvas.removeEventListener(`webglcontextrestored`,this.onRestored),this.renderer.dispose(),this.renderer.getContext().isContextLost()||this.renderer.forceContextLoss(),this.element.remove()}ratio(){return Math.min(window.devicePixelRatio||1,this.low?1:cv)*(this.low&&this.moving?lv:1)}place(e){let{eye:t,camera:n}=this,r=a(n);t.fov=d(e),t.aspect=e,t.near=Math.max(.02,n.distance*.08),t.far=n.distance+4,t.up.set(...r.up),t.position.set(...r.eye),t.lookAt(...n.target),t.updateMatrixWorld(),t.updateProjectionMatrix()}draw=()=>{this.request=0;let e=this.wanted;if(this.wanted=``,this.lost||!this.element.clientWidth||!this.element.clientHeight)return;e===`picture`&&(this.ground=rv(this.element,this.theme.ground));let t=this.frame();e===`picture`&&this.render(t),this.words(t,this.sheet,Math.min(window.devicePixelRatio||1,cv)),e!==`picture`||this.ready||(this.ready=!0,this.callbacks.onReady())};render(e){let{width:t,height:n,ratio:r}=e;(this.size.width!==t||this.size.height!==n||this.size.ratio!==r)&&(this.size={width:t,height:n,ratio:r},this.renderer.setPixelRatio(r),this.renderer.setSize(t,n,!1)),this.actor.frame(e),this.renderer.render(this.scene,this.eye),this.element.dataset.frames=String(++this.frames)}words(e,t,n){let[r,i]=[Math.round(e.width*n),Math.round(e.height*n)];(t.width!==r||t.height!==i)&&Object.assign(t,{width:r,height:i});let a=t.getContext(`2d`);a.setTransform(n,0,0,n,0,0),a.clearRect(0,0,e.width,e.height),this.actor.write(Y_(a,e.width,e.height),e)}show(e,t){let n=f(this.camera,e)&&this.moving===!t;this.camera=e,this.moving=!t,this.moving?this.settle(uv):window.clearTimeout(this.rest),n||this.invalidate()}settle(e){window.clearTimeout(this.rest),this.rest=window.setTimeout(()=>(this.moving=!1,this.invalidate()),e)}onLost=e=>{e.preventDefault(),this.lost=window.setTimeout(()=>this.callbacks.onFailed(`The browser took the 3-D picture away (WebGL was lost).`),fv)};onRestored=()=>{window.clearTimeout(this.lost),this.lost=0,this.invalidate()}},_v=[1,1,1],vv=.014,yv=12,bv=36,xv=26;function Sv(e){let t=e.x.length,n=t=>e.steps?e.steps[t]:t,r=t>1?n(t-1)-n(0):0;return Float64Array.from({length:t},(e,t)=>r>0?(n(t)-n(0))/r:0)}function Cv(e,t,n){return Float64Array.from({length:e.x.length},(r,i)=>!n&&e.own?zg(t.box,e.own[i]):wv(t,e.x[i],e.y[i]))}function wv(e,t,n){let r=t_(e.heights(),Fg(e.box,t),Ig(e.box,n));return Number.isNaN(r)?e.box.floor:r}function Tv(e,t){return e.off?Number.isFinite(e.off[t])?Math.min(1,Math.max(0,e.off[t])):1:0}function Ev(e,t){let n=e.findIndex(e=>e.time>t);if(n<1)return null;let[r,i]=[e[n-1],e[n]];if(i.k!==r.k+1)return null;let a=(t-r.time)/(i.time-r.time);return r.at.map((e,t)=>e+a*(i.at[t]-e))}function Dv(e,t,n,r,i,a){let o=e.x.length,s=n.tracks===`dropped`||!e.own,c=Cv(e,t,n.tracks===`dropped`),l=Sv(e),u=n=>[Fg(t.box,e.x[n]),Ig(t.box,e.y[n]),c[n]],d=Math.ceil(o/bv),f=Math.ceil(o/xv);for(let c=0;c<o;c++){let p=u(c);if(p.some(Number.isNaN))continue;a.spots.push({at:p,time:l[c],course:e,k:c,marker:null});let m=Tv(e,c),h=c===o-1;if(c===0?vg(a.points,p,1,13,_v,i,0):h?vg(a.points,p,2,19,i,_v,1):c%d===0&&vg(a.points,p,0,o>40?6:7.5,nv(_v,i,m),i,l[c]),!s&&c%f===0){let n=wv(t,e.x[c],e.y[c]);Math.abs(n-p[2])>.012&&gg(a.thin,p,[p[0],p[1],n],i,1,.55,[l[c],l[c]])}if(h||u(c+1).some(Number.isNaN))continue;let g=3.4-1.9*Math.max(m,Tv(e,c+1)),_=u(c+1),v=s?Math.min(yv,Math.ceil(Math.hypot(_[0]-p[0],_[1]-p[1])/.012)):1,y=p;for(let o=1;o<=v;o++){let u=o/v,[d,f]=[e.x[c]+u*(e.x[c+1]-e.x[c]),e.y[c]+u*(e.y[c+1]-e.y[c])],m=[Fg(t.box,d),Ig(t.box,f),s&&u<1?wv(t,d,f):p[2]+u*(_[2]-p[2])],h=[l[c]+(o-1)/v*(l[c+1]-l[c]),l[c]+u*(l[c+1]-l[c])];if(gg(a.lines,y,m,i,g,1,h),n.floor){let e=t.box.floor+.002;gg(a.thin,[y[0],y[1],e],[m[0],m[1],e],r.inkRgb,1.6,.75,h)}y=m}}}function Ov(e,t){let n=t.sheet===t.field.sheets[0],r=[`${t.sheet.name}: ${t.height.name}`,...n?[t.height.name]:[]];return e.values.find(e=>r.includes(e.name))?.value??null}function kv(e,t,n,r,i){let[a,o]=[Fg(t.box,e.x),Ig(t.box,e.y)],s=Math.abs(a)<=t.box.width/2+1e-6&&Math.abs(o)<=t.box.depth/2+1e-6;if(!Number.isFinite(e.x)||!Number.isFinite(e.y)||!s)return;let c=Ov(e,t),l=c===null||n.tracks===`dropped`?NaN:zg(t.box,c),u=[a,o,Number.isNaN(l)?wv(t,e.x,e.y):l],d=ev(r.name);e.role===`trained`?vg(i.points,u,2,23,d,_v):e.role===`end`?vg(i.points,u,3,14,r.inkRgb,r.groundRgb):e.role===`start`?vg(i.points,u,1,12,_v,[.07,.07,.07]):vg(i.points,u,0,11,_v,[.07,.07,.07]),n.floor&&u[2]>t.box.floor+.01&&gg(i.thin,u,[a,o,t.box.floor],r.inkRgb,1,.4),i.spots.push({at:u,time:0,course:null,k:0,marker:e})}function Av(){let e=new Gl,t=[xg({lift:vv,hidden:!0,opacity:.28,order:1}),xg({lift:vv,halo:{color:_v,grow:2.4},opacity:.9,order:2}),xg({lift:.016,order:3})],n=xg({lift:.004,order:1}),r=[Sg({lift:.03,hidden:!0,opacity:.62,order:1}),Sg({lift:.03,order:4})],i=Sg({lift:.03,order:5}),a=[...t,n,...r,i];e.add(...a.map(e=>e.object));let o=1,s=[],c=()=>{let e=_g();for(let{spots:t,color:n}of s){let r=Ev(t,o);r&&vg(e,r,0,13,n,_v)}i.set(e)},l={object:e,spots:[],set(e,i,a){let o={lines:hg(),thin:hg(),points:_g(),spots:[]};e.courses.forEach((t,n)=>Dv(t,e,i,a,$_(a.name,n),o));for(let t of e.field.markers)kv(t,e,i,a,o);for(let e of t)e.set(o.lines);n.set(o.thin);for(let e of r)e.set(o.points);l.spots=o.spots;let u=e=>o.spots.filter(t=>t.course===e);s=e.courses.map((e,t)=>({spots:u(e),color:$_(a.name,t)})),c()},time(e){e!==o&&(o=e,c())},frame(e){for(let t of a)t.frame(e.width*e.ratio,e.height*e.ratio,e.ratio,o)},dispose(){for(let e of a)e.dispose()}};return l}var jv=5;function Mv(e){return new Pv(e)}function Nv(e){for(let t=2;t<7;t++){let n=e.map(e=>z(e,t));if(new Set(n).size===n.length)return n}return e.map(e=>z(e,7))}var Pv=class{callbacks;element;stage;axes=Eg();lattice=new L_;top=z_(this.lattice,`standing`);lid=z_(this.lattice,`lid`);floor=z_(this.lattice,`flat`);hatched={bad:B_(),missing:B_()};overlay=Av();plane=null;look=null;drawn=null;labels=[];hovered=null;silence;constructor(e){this.callbacks=e,this.stage=new gv(e,{frame:e=>this.frame(e),write:(e,t)=>this.write(e,t)}),this.element=this.stage.element;let{scene:t}=this.stage;this.floor.mesh.renderOrder=1;for(let e of Object.values(this.hatched))t.add(e.mesh);t.add(this.axes.object,this.floor.mesh,this.top.mesh,this.lid.mesh,this.overlay.object),this.silence=O_(this.element,{hover:(e,t)=>this.hover(e,t),leave:()=>this.leave()})}update(e,t,n){if(!e.field)throw Error(`a surface needs a result over a plane`);let[r,i]=[e.field.x,e.field.y].map(e=>e.values.shape[0]);if(Math.min(r,i)<2)throw Error(`a surface needs at least 2 × 2 points, and this has ${r} × ${i}`);let a=JSON.stringify([t.height,t.color,t.scale,t.clip,t.floor,t.tracks,t.sheet,n]),o=JSON.stringify([t.map,t.theme,t.contours]),s=this.drawn?.document!==e||this.drawn.key!==a;s&&(this.plane=Jg(e.field,t,n)),(s||this.drawn?.paint!==o)&&this.build(this.plane,t,Q_[t.theme],s),this.drawn={document:e,key:a,paint:o},this.look=t,this.overlay.time(t.time),this.stage.settings(t),this.element.setAttribute(`aria-label`,this.describe()),this.hovered=s?null:this.hovered}build(e,t,n,r){let{box:i,field:a}=e,o=e.scale&&{...e,scale:e.scale};for(let e of[this.top.mesh,this.floor.mesh])e.visible=o!==null;o&&(r?this.lattice.set(o,t.map,n,t.contours):this.lattice.repaint(o,t.map,n,t.contours),this.hatched.bad.set(this.lattice.left.bad,o,n.inkRgb,!0),this.hatched.missing.set(this.lattice.left.missing,o,n.hatch,!1)),this.floor.mesh.visible=o!==null&&t.floor,this.clip(o!==null&&e.values.some(e=>e>o.scale.high*(1+1e-6))),this.lid.mesh.position.z=zg(i,e.scale?.high??NaN),this.floor.mesh.position.z=i.floor+.001;for(let e of Object.values(this.hatched))e.mesh.position.z=i.floor+.0015;let s={x:wg(a.x.label,i.x.low,i.x.high,i.width),y:wg(a.y.label,i.y.low,i.y.high,i.depth)},c={label:e.height.label,scale:i.scale,length:i.height,start:i.base,span:i.rise};this.axes.set({...s,z:c},n),this.overlay.set(e,t,n),this.labels=t.contours&&e.scale?this.labelled(e,t,n):[]}clip(e){this.lid.mesh.visible=e;let{shader:t}=this.top;e!==`CLIPPED`in t.defines&&(t.defines=e?{CLIPPED:1}:{},t.needsUpdate=!0)}labelled(e,t,n){let r=e.scale,i=Ce(r,11).slice(0,40),a=g_(e.heights(),i.map(t=>zg(e.box,t))),o=Nv(i),s=e.paint.name===e.height.name,c=(r,i)=>{let{scale:a,name:o}=e.paint,[c,l]=Xe(o),u=V(t.map,a?L(a,s?i:e.colors[r]):e.colors[r]>.5?l:c),d=u?u.map(e=>e/255):n.unknown;return{color:.299*d[0]+.587*d[1]+.114*d[2]<.42?`#ffffff`:`#0b0f14`,halo:tv(d,.9)}};return i.map((e,t)=>({text:o[t],places:a[t],colors:t=>c(t,e)}))}frame(e){this.axes.frame(e),this.overlay.frame(e);for(let t of Object.values(this.hatched))t.frame(e.ratio);let{coarse:t,geometry:n}=this.lattice;this.top.mesh.geometry=this.lid.mesh.geometry=e.low&&e.moving&&t?t:n,this.floor.mesh.geometry=e.low&&t?t:n;let r=Math.atan2(e.right[1],e.right[0]),[i,a,o]=[-.52,-.34,.78];this.lattice.uniforms.light.value.set(i*Math.cos(r)-a*Math.sin(r),i*Math.sin(r)+a*Math.cos(r),o)}write(e,t){let{plane:n,look:r}=this;if(n&&r){if(this.axes.write(e,t),this.writeMarkers(e,t),!n.scale){let i=r.scale===`auto`?n.height.scale:r.scale,a=`no value of ${n.height.label} has a place on a ${i} scale`,o=n.state.includes(1)?a:`nothing is computed yet`;e.write(o,t.width/2,t.height/2,{size:13,color:t.theme.ink,halo:t.ground,always:!0})}else this.writeTracks(e,t,n,r),v_(e,t,this.labels,n.heights()),this.hovered&&this.writeCursor(e,t,n)}}writeTracks(e,t,n,r){t.width<300||n.courses.slice(0,jv).forEach((i,a)=>{let[o,s]=[14+16*a,tv($_(t.theme.name,a))];Object.assign(e.context,{strokeStyle:s,lineWidth:2}),e.context.beginPath(),e.context.moveTo(10,o),e.context.lineTo(26,o),e.context.stroke();let c=a===4?n.courses.length-a:0,l=c>1?`and ${c} more`:Oe(i,r.time,t.width<480);e.write(l,32,o,{size:11,align:`left`,color:t.theme.soft,halo:t.ground,always:!0})})}writeMarkers(e,t){for(let n of this.overlay.spots){let r=n.marker&&t.project(n.at);if(!n.marker||!r)continue;let[i,a]=[n.marker.name,11];e.keep(r[0]-9,r[1]-9,18,18),t.width<300&&n.marker.role===`trained`||e.write(i,r[0]+13,r[1]-1,{size:a,weight:600,align:`left`,color:t.theme.ink,halo:t.ground})}}writeCursor(e,t,n){let[r,i,a]=this.hovered.at,[o,s]=[t.project([r,i,a]),t.project([r,i,n.box.floor])];if(!o||!s)return;let{context:c}=e;Object.assign(c,{strokeStyle:t.theme.soft,lineWidth:1}),c.setLineDash([3,3]),c.beginPath(),c.moveTo(...o),c.lineTo(...s),c.stroke(),c.setLineDash([]),k_(c,o)}leave(){this.hovered&&this.stage.invalidate(`words`),this.hovered=null,this.callbacks.onHover(null)}hover(e,t){let{plane:n,look:r}=this;if(!n||!r)return;let i=this.stage.ray(e,t),a=f_(this.overlay.spots,this.stage.frame(),e,t,r.time),o=Qg(n.heights(),i.origin,i.direction)?.point??this.onFloor(n,i),s=a?a.at:o;if(!s)return this.leave();let c=Math.abs(s[0])<=n.box.width/2&&Math.abs(s[1])<=n.box.depth/2?s_(n,s[0],s[1]):null,l=a?a.at:l_(n,c);this.hovered={k:c,at:[l[0],l[1],Number.isNaN(l[2])?n.box.floor:l[2]]},this.stage.invalidate(`words`),this.callbacks.onHover(p_(n,c,a))}onFloor(e,t){let n=(e.box.floor-t.origin[2])/t.direction[2],{x:r,y:i}=e.heights(),a=t.origin.map((e,r)=>e+n*t.direction[r]),o=a[0]>=r[0]&&a[0]<=r[r.length-1]&&a[1]>=i[0]&&a[1]<=i[i.length-1];return n>0&&o?a:null}setCamera(e){this.stage.setCamera(e)}getCamera(){return this.stage.getCamera()}resize(){this.stage.resize()}async canvas(e){return this.stage.picture(e)}mesh(){if(!this.plane||!this.look)throw Error(`there is no surface yet`);return D_(this.plane,this.look.map)}describe(){let{plane:e}=this;if(!e)return`Surface, empty so far.`;let{x:t,y:n}=e.field,r=`Surface of ${e.height.label} over ${t.label} and ${n.label}${e.sheet.name?`, ${e.sheet.name}`:``}`;if(!e.scale)return`${r}; nothing to draw.`;let[i,a]=[0,1].map(t=>z(be(e.scale,t))),o=t=>e.state.reduce((e,n)=>e+ +(n===t),0),[s,c]=[o(1),o(0)],l=[e.paint.name===e.height.name?``:`, coloured by ${e.paint.label||e.paint.name}`,s?`; ${s} points have no place on the scale`:``,c||T_(e.state)?`; not all points are computed yet`:``],u=e.courses.length?` Tracks: ${e.courses.map(e=>e.name||`run`).join(`, `)}.`:``,d=e.field.markers.length?` Marked: ${e.field.markers.map(e=>e.name).join(`, `)}.`:``;return`${r}, from ${i} to ${a} on a ${e.scale.kind} scale${l.join(``)}.${u}${d}`}dispose(){this.silence();for(let e of[this.axes,this.lattice,this.overlay,...Object.values(this.hatched)])e.dispose();for(let{shader:e}of[this.top,this.lid,this.floor])e.dispose();this.stage.dispose()}},Fv=.82,Iv={x:[`y`,`z`,`x`],y:[`x`,`z`,`y`],z:[`x`,`y`,`z`]};function Lv(e,t,n){let r=Ge(e,t),i=Ke(e,r,t),a=Wg(i,t,n),o={x:Ug(e.x),y:Ug(e.y),z:Ug(e.z)};return{volume:e,sheet:r,quantity:i,scale:a,axes:o,state:Sa(Hg(i.values),I(r.done),a?.kind??`linear`),paint:Gg(e,r,t,n),kept:Bv(I(r.done),o.x.length,o.y.length,o.z.length),predicted:r.predicted&&I(r.predicted)}}function Rv(e,t,n){let r=e.axes[t],[i,a]=[r[0],r[r.length-1]];return i<a?((n-i)/(a-i)-.5)*Fv:0}function zv(e,t,n){let r=e.axes[t];return r[0]+(n/Fv+.5)*(r[r.length-1]-r[0])}function Bv(e,t,n,r){let i=(e,t)=>{let n=(e-1>>1)%t;return Array.from({length:Math.floor((e-1-n)/t)+1},(e,r)=>n+r*t)},a={x:i(t,1),y:i(n,1),z:i(r,1)},o=-1;for(let s=1;s<Math.max(t,n,r);s*=2){let c={x:i(t,s),y:i(n,s),z:i(r,s)},l=0,u=(t,i,a)=>e[(c.x[t]*n+c.y[i])*r+c.z[a]];for(let e=0;e+1<c.x.length;e++)for(let t=0;t+1<c.y.length;t++)for(let n=0;n+1<c.z.length;n++)u(e,t,n)&&u(e+1,t,n)&&u(e,t+1,n)&&u(e+1,t+1,n)&&u(e,t,n+1)&&u(e+1,t,n+1)&&u(e,t+1,n+1)&&u(e+1,t+1,n+1)&&l++;let d=l*s**3;if(d>o&&([a,o]=[c,d]),s===1&&l===(t-1)*(n-1)*(r-1))break}return a}function Vv(e){let{kept:t,axes:n,paint:r}=e,[i,a]=[n.y.length,n.z.length],o=Hg(e.quantity.values),s=r.name===e.quantity.name&&r.scale?.center==null,c=t.x.length*t.y.length*t.z.length,[l,u]=[new Float32Array(c),s?null:new Float32Array(c)],d=0;for(let n of t.x)for(let s of t.y)for(let c of t.z){let t=(n*i+s)*a+c;l[d]=e.state[t]>=2&&e.scale?L(e.scale,o[t]):NaN,u&&(u[d]=r.scale?L(r.scale,r.values[t]):r.values[t]),d++}let f=r=>t[r].map(t=>Rv(e,r,n[r][t]));return{values:l,tones:u,x:f(`x`),y:f(`y`),z:f(`z`)}}function Hv(e,t,n){let r=e.axes[t],i=e.kept[t],a=r[0]+n*(r[r.length-1]-r[0]);return i[e_(i.map(e=>r[e]),a)]}function Uv(e,t,n,r,i){let[a,o]=Iv[t],s={x:0,y:0,z:0,[t]:n,[a]:r,[o]:i};return(s.x*e.axes.y.length+s.y)*e.axes.z.length+s.z}function Wv(e,t,n,r){let[i,a]=Iv[t],[o,s]=[e.axes[i].length,e.axes[a].length],c=new r.constructor(o*s);for(let i=0;i<o;i++)for(let a=0;a<s;a++)c[i*s+a]=r[Uv(e,t,n,i,a)];return c}var Gv=[[0,1,3,7],[0,3,2,7],[0,2,6,7],[0,6,4,7],[0,4,5,7],[0,5,1,7]],Kv=Gv.map(e=>Array.from({length:16},(t,n)=>qv(e,n)));function qv(e,t){let n=e.filter((e,n)=>t&1<<n),r=e.filter((e,n)=>!(t&1<<n)),i=(e,t)=>e<t?[e,t]:[t,e];if(n.length===1)return r.flatMap(e=>i(n[0],e));if(r.length===1)return n.flatMap(e=>i(e,r[0]));if(n.length!==2)return[];let[a,o,s,c]=[i(n[0],r[0]),i(n[0],r[1]),i(n[1],r[1]),i(n[1],r[0])];return[a,o,s,a,s,c].flat()}function*Jv(e,t){let n=new Yv(e,t);for(let t=0;t<e.x.length-1;t++)n.slab(t),yield;return n.result()}var Yv=class{block;level;positions=[];normals=[];tones=[];indices=[];made;steps;sizes;constructor(e,t){this.block=e,this.level=t;let[n,r]=[e.y.length,e.z.length];this.sizes=[e.x.length,n,r],this.made=new Int32Array(7*e.values.length),this.steps=[0,1,2,3,4,5,6,7].map(e=>(e&1?n*r:0)+(e&2?r:0)+(e&4?1:0))}slab(e){let{values:t}=this.block,[,n,r]=this.sizes,{level:i,steps:a}=this;for(let o=0;o<n-1;o++)for(let s=0;s<r-1;s++){let c=(e*n+o)*r+s,[l,u]=[0,0];for(let e=0;e<8;e++){let n=t[c+a[e]];u+=n,n<i&&(l|=1<<e)}if(!(l===0||l===255||Number.isNaN(u)))for(let e=0;e<6;e++)this.tetrahedron(c,e,l)}}result(){return{positions:Float32Array.from(this.positions),normals:Float32Array.from(this.normals),tones:Float32Array.from(this.tones),indices:Uint32Array.from(this.indices)}}tetrahedron(e,t,n){let[r,i,a,o]=Gv[t],s=n>>r&1|(n>>i&1)<<1|(n>>a&1)<<2|(n>>o&1)<<3,c=Kv[t][s];for(let t=0;t<c.length;t+=6)this.triangle(this.vertex(e,c[t],c[t+1]),this.vertex(e,c[t+2],c[t+3]),this.vertex(e,c[t+4],c[t+5]))}triangle(e,t,n){let{positions:r,normals:i}=this,[a,o,s]=[3*e,3*t,3*n],[c,l,u]=[r[o]-r[a],r[o+1]-r[a+1],r[o+2]-r[a+2]],[d,f,p]=[r[s]-r[a],r[s+1]-r[a+1],r[s+2]-r[a+2]];(l*p-u*f)*(i[a]+i[o]+i[s])+(u*d-c*p)*(i[a+1]+i[o+1]+i[s+1])+(c*f-l*d)*(i[a+2]+i[o+2]+i[s+2])>=0?this.indices.push(e,t,n):this.indices.push(e,n,t)}vertex(e,t,n){let r=7*(e+this.steps[t])+(n^t)-1;return(this.made[r]||=this.newVertex(e+this.steps[t],e+this.steps[n]))-1}newVertex(e,t){let{values:n,tones:r}=this.block,i=(this.level-n[e])/(n[t]-n[e]),[a,o]=[this.point(e),this.point(t)],[s,c]=[this.gradient(e),this.gradient(t)],[l,u,d]=[s[0]+i*(c[0]-s[0]),s[1]+i*(c[1]-s[1]),s[2]+i*(c[2]-s[2])],f=Math.hypot(l,u,d)||1;return this.positions.push(a[0]+i*(o[0]-a[0]),a[1]+i*(o[1]-a[1]),a[2]+i*(o[2]-a[2])),this.normals.push(l/f,u/f,d/f),this.tones.push(r?r[e]+i*(r[t]-r[e]):this.level),this.positions.length/3}at(e){let[,t,n]=this.sizes;return[Math.floor(e/(t*n)),Math.floor(e/n)%t,e%n]}point(e){let[t,n,r]=this.at(e);return[this.block.x[t],this.block.y[n],this.block.z[r]]}gradient(e){let[t,n,r]=this.at(e),{x:i,y:a,z:o}=this.block,[,s,c]=this.sizes;return[this.difference(e,t,s*c,i),this.difference(e,n,c,a),this.difference(e,r,1,o)]}difference(e,t,n,r){let{values:i}=this.block,a=+(t>0&&!Number.isNaN(i[e-n])),o=+(t<r.length-1&&!Number.isNaN(i[e+n]));return a+o===0?0:(i[e+o*n]-i[e-a*n])/(r[t+o]-r[t-a])}},Xv=24,Zv=[1,.66,.33],Qv=e=>Zv.map(t=>t*e).filter(e=>e>.004);function $v(e){let t=new Gl,n=new bd(new Uint8Array(1024),256,1,Cs);n.minFilter=n.magFilter=as;let r={colors:{value:n},light:{value:new J(0,0,1)},cut:{value:new fl(0,0,0,0)},eyeSide:{value:1},ground:{value:new J},unknown:{value:new J},depths:{value:new J}},i=(e,t,n)=>new Yd({vertexShader:pg,fragmentShader:mg,transparent:e,depthWrite:!e,side:t,defines:e?{FAINT:1}:{},uniforms:{...r,opacity:{value:n}}}),a=i(!1,2,1),o=[i(!0,1,.12),i(!0,0,.22)],s=[],c=0,l=null,u=()=>{window.clearTimeout(c),l=null},d=n=>{for(let e of s)e.dispose();t.clear(),s=n.map(ty),s.forEach((e,r)=>{t.add(ey(e,a,0)),o.forEach((i,a)=>t.add(ey(e,i,10+2*(n.length-r)+a)))}),f.made=n,e()},f={object:t,made:[],set(e,t){u();let n=Qv(t),r=[],i=n.length?Jv(e,n[0]):null,a=t=>{for(;i&&performance.now()<t;){let t=i.next();t.done&&(r.push(t.value),i=r.length<n.length?Jv(e,n[r.length]):null)}l=i?a:null,i?c=window.setTimeout(()=>a(performance.now()+Xv),0):d(r)};a(performance.now()+Xv)},finish(){window.clearTimeout(c),l?.(1/0)},paint(e,t,i){let a=B(e),o=n.image.data;for(let e=0;e<256;e++)o.set([a[3*e],a[3*e+1],a[3*e+2],255],4*e);n.needsUpdate=!0,r.ground.value.set(...t),r.unknown.value.set(...i)},cut:(e,t)=>r.cut.value.set(...e,t),frame(e){let{cut:t,light:n}=r,i=e.eye[0]*t.value.x+e.eye[1]*t.value.y+e.eye[2]*t.value.z-t.value.w;r.eyeSide.value=i>=0?1:-1;let[a,o]=[new J(...e.right),new J(...e.up)];n.value.crossVectors(a,o).multiplyScalar(.75).addScaledVector(a,-.45).addScaledVector(o,.3).normalize();let s=Math.hypot(...e.eye);r.depths.value.set(s-.7,s+.7,.4)},dispose(){u();for(let e of s)e.dispose();for(let e of[a,...o])e.dispose();n.dispose()}};return f}function ey(e,t,n){let r=new _d(e,t);return r.frustumCulled=!1,r.renderOrder=n,r}function ty(e){let t=new qu;return t.setAttribute(`position`,new Mu(e.positions,3)),t.setAttribute(`normal`,new Mu(e.normals,3)),t.setAttribute(`tone`,new Mu(e.tones,1)),t.setIndex(new Mu(e.indices,1)),t}function ny(e){return new ry(e)}var ry=class{callbacks;element;stage;axes=Eg();lattice=new L_;cut=z_(this.lattice,`flat`);hatched={bad:B_(),missing:B_()};frameOfCut=xg({order:5,lift:.004});marks=[Sg({lift:.02,hidden:!0,opacity:.55,order:40}),Sg({lift:.02,order:41})];shells;solid=null;look=null;drawn=null;layer=0;spots=[];hovered=null;silence;constructor(e){this.callbacks=e,this.stage=new gv(e,{frame:e=>this.frame(e),write:(e,t)=>this.write(e,t)}),this.element=this.stage.element,this.shells=$v(()=>this.stage.invalidate());let t=Object.values(this.hatched).map(e=>e.mesh),n=[this.cut.mesh,...t];for(let e of n)e.matrixAutoUpdate=!1;this.stage.scene.add(this.axes.object,...n,this.shells.object,this.frameOfCut.object,...this.marks.map(e=>e.object)),this.silence=O_(this.element,{hover:(e,t)=>this.hover(e,t),leave:()=>this.leave()})}update(e,t,n){if(!e.volume)throw Error(`a volume view needs a result over three coordinates`);let r=[e.volume.x,e.volume.y,e.volume.z].map(e=>e.values.shape[0]);if(Math.min(...r)<2)throw Error(`a volume needs at least 2 × 2 × 2 points, and this has ${r.join(` × `)}`);let i=JSON.stringify([t.height,t.color,t.scale,t.clip,t.sheet,n]),a=`${i} ${t.iso}`,o=this.drawn?.document!==e||this.drawn.solid!==i;o&&(this.solid=Lv(e.volume,t,n));let s=this.solid,c=Q_[t.theme];(o||this.drawn?.iso!==a)&&s.scale&&this.shells.set(Vv(s),t.iso),this.shells.paint(t.map,c.groundRgb,c.unknown),this.shells.object.visible=s.scale!==null,this.look=t,this.drawn={document:e,solid:i,iso:a},this.build(s,t,c),this.stage.settings(t),this.element.setAttribute(`aria-label`,this.describe()),this.hovered=null}build(e,t,n){let{volume:r,axes:i}=e,a=e=>wg(r[e].label,i[e][0],i[e][i[e].length-1],Fv);this.axes.set({x:a(`x`),y:a(`y`),z:a(`z`)},n),this.layer=Hv(e,t.cutAxis,t.cut);let o=[this.cut.mesh,...Object.values(this.hatched).map(e=>e.mesh)];for(let t of o)t.visible=e.scale!==null;e.scale&&this.buildCut(e,t,n);let s=_g(),c=r.markers.filter(({x:e,y:t,z:n})=>[e,t,n].every(Number.isFinite));this.spots=c.map(t=>{let r=[Rv(e,`x`,t.x),Rv(e,`y`,t.y),Rv(e,`z`,t.z??0)];return t.role===`trained`?vg(s,r,2,22,ev(n.name),[1,1,1]):vg(s,r,0,11,[1,1,1],[.07,.07,.07]),{at:r,time:0,course:null,k:0,marker:t}});for(let e of this.marks)e.set(s)}buildCut(e,t,n){let r=t.cutAxis,[i,a]=Iv[r],o=iy(e,r,this.layer);this.lattice.set(o,t.map,n,t.contours),this.cut.mesh.geometry=this.lattice.geometry,this.hatched.bad.set(this.lattice.left.bad,o,n.inkRgb,!0),this.hatched.missing.set(this.lattice.left.missing,o,n.hatch,!1);let s=Rv(e,r,e.axes[r][this.layer]),c=e=>[+(e===`x`),+(e===`y`),+(e===`z`)],[l,u,d]=[c(i),c(a),c(r)],f=new _l().set(l[0],u[0],d[0],s*d[0],l[1],u[1],d[1],s*d[1],l[2],u[2],d[2],s*d[2],0,0,0,1);for(let e of[this.cut.mesh,...Object.values(this.hatched).map(e=>e.mesh)])e.matrix.copy(f),e.matrixWorldNeedsUpdate=!0;this.shells.cut(d,s);let p=Fv/2,m=(e,t)=>[0,1,2].map(n=>e*l[n]+t*u[n]+s*d[n]),h=[m(-p,-p),m(p,-p),m(p,p),m(-p,p)],g=hg();h.forEach((e,t)=>gg(g,e,h[(t+1)%4],n.inkRgb,1.4,.8)),this.frameOfCut.set(g)}frame(e){this.axes.frame(e),this.shells.frame(e);for(let t of[this.frameOfCut,...this.marks])t.frame(e.width*e.ratio,e.height*e.ratio,e.ratio,1);for(let t of Object.values(this.hatched))t.frame(e.ratio)}write(e,t){let{solid:n,look:r}=this;if(!n||!r)return;if(this.axes.write(e,t),!n.scale){let r=n.state.includes(1)?`no value of ${n.quantity.label} has a place on this scale`:`nothing is computed yet`;e.write(r,t.width/2,t.height/2,{size:13,color:t.theme.ink,halo:t.ground,always:!0});return}for(let n of this.spots){let r=t.project(n.at),i={size:11,weight:600,align:`left`,color:t.theme.ink,halo:t.ground};r&&n.marker&&t.width>320&&e.write(n.marker.name,r[0]+13,r[1],i)}let i=Qv(r.iso).map(e=>z(be(n.scale,e))).join(`, `),a=`${n.volume[r.cutAxis].label} = ${z(n.axes[r.cutAxis][this.layer])}`,o={size:t.width<420?10.5:11.5,align:`left`,color:t.theme.soft,halo:t.ground,always:!0};e.write(`${i?`shells at ${i}; `:``}cut at ${a}`,10,14,o);let s=this.hovered&&t.project(this.hovered);s&&k_(e.context,s)}leave(){this.hovered&&this.stage.invalidate(`words`),this.hovered=null,this.callbacks.onHover(null)}hover(e,t){let{solid:n,look:r}=this;if(!n?.scale||!r)return;let i=f_(this.spots,this.stage.frame(),e,t,1),a=this.onCut(n,r.cutAxis,e,t);if(!i&&!a)return this.leave();this.hovered=i?i.at:a.at,this.stage.invalidate(`words`),this.callbacks.onHover({lines:i?d_(i):ay(n,a.k)})}onCut(e,t,n,r){let{origin:i,direction:a}=this.stage.ray(n,r),o={x:0,y:1,z:2},[s,c]=Iv[t],l=Rv(e,t,e.axes[t][this.layer]),u=(l-i[o[t]])/a[o[t]],d=i.map((e,t)=>e+u*a[t]);if(!(u>0)||Math.abs(d[o[s]])>.82/2||Math.abs(d[o[c]])>.82/2)return null;let f=e_(e.axes[s],zv(e,s,d[o[s]])),p=e_(e.axes[c],zv(e,c,d[o[c]])),m=[0,0,0];return m[o[t]]=l,m[o[s]]=Rv(e,s,e.axes[s][f]),m[o[c]]=Rv(e,c,e.axes[c][p]),{at:m,k:Uv(e,t,this.layer,f,p)}}setCamera(e){this.stage.setCamera(e)}getCamera(){return this.stage.getCamera()}resize(){this.stage.resize()}async canvas(e){return this.shells.finish(),this.stage.picture(e)}mesh(){let{solid:e,look:t}=this;if(!e||!t)throw Error(`there is no volume yet`);this.shells.finish();let[n,r,i]=[[],[],[]],a=[`x`,`y`,`z`];for(let o of this.shells.made){let s=n.length/3;o.positions.forEach((t,r)=>n.push(zv(e,a[r%3],t)));for(let e of o.tones)r.push(...(V(t.map,e)??[160,160,160]).map(e=>e/255));for(let e of o.indices)i.push(s+e)}return{positions:Float32Array.from(n),colors:Float32Array.from(r),indices:Uint32Array.from(i)}}describe(){let{solid:e,look:t}=this;if(!e||!t)return`Volume, empty so far.`;let{x:n,y:r,z:i}=e.volume,a=e.sheet.name?`, ${e.sheet.name}`:``,o=`Volume of ${e.quantity.label} over ${n.label}, ${r.label} and ${i.label}${a}`;if(!e.scale)return`${o}; nothing to draw.`;let[s,c]=[0,1].map(t=>z(be(e.scale,t))),l=Qv(t.iso).map(t=>z(be(e.scale,t))).join(`, `),u=`${e.volume[t.cutAxis].label} = ${z(e.axes[t.cutAxis][this.layer])}`;return`${o}, ${`from ${s} to ${c} on a ${e.scale.kind} scale`}; surfaces of equal value at ${l||`no level`}, cut at ${u}.`}dispose(){this.silence();let e=Object.values(this.hatched);for(let t of[this.axes,this.lattice,this.shells,this.frameOfCut,...this.marks,...e])t.dispose();this.cut.shader.dispose(),this.stage.dispose()}};function iy(e,t,n){let[r,i]=Iv[t],[a,o]=[e.axes[r],e.axes[i]],s=Wv(e,t,n,e.state),c=Ca(s,a,o),l=e.scale,u=wa(Wv(e,t,n,Hg(e.quantity.values)),c,l.kind),d=wa(Wv(e,t,n,e.paint.values),c,e.paint.scale?.kind??`linear`),f=e=>({low:e[0],high:e[e.length-1]}),p={x:f(a),y:f(o),width:Fv,depth:Fv,height:Fv,floor:0,base:0,rise:1,scale:ye(l.kind,l.low,l.high)};return{x:a,y:o,state:s,values:u,colors:d,scale:l,paint:e.paint,box:p}}function ay(e,t){let[n,r]=[e.axes.y.length,e.axes.z.length],i={x:Math.floor(t/(n*r)),y:Math.floor(t/r)%n,z:t%r},a=[`x`,`y`,`z`].map(t=>[e.volume[t].label,z(e.axes[t][i[t]],4)]);if(e.state[t]===0)return[...a,[e.quantity.label,`not computed yet`]];let o=[e.quantity,...e.sheet.quantities.filter(t=>t!==e.quantity)];for(let e of o)a.push([e.label,o_(e,t)]);return e.predicted&&a.push([`evaluated`,e.predicted[t]?`no, predicted`:`yes`]),a}var oy={surface:Mv,volume:ny,flat:Ro,chart:ya};function sy(e,t){return e.field?t||av()===`none`?`flat`:`surface`:e.volume?t||av()===`none`?`flat`:`volume`:e.figure?`chart`:null}function cy(e){return!!(e?.setCamera&&e.getCamera)}function ly({entry:e}){return e.total===0||e.done>0}var uy=class{host;element;view=null;content=null;kind=null;failed=!1;broken=null;ready=!1;home=null;title=p(`h2`,{class:`tile-title`});subtitle=p(`p`,{class:`tile-subtitle`});body=p(`div`,{class:`tile-body`});picture=p(`div`,{class:`tile-picture`});words=p(`p`,{class:`visually-hidden`});message=p(`div`,{class:`tile-message`});readout=p(`dl`,{class:`readout`,hidden:!0});bar=p(`div`,{class:`tile-bar`});caption=p(`p`,{class:`tile-caption`});meter=p(`div`,{class:`meter`,role:`progressbar`,"aria-label":`points computed`,"aria-valuemin":0,hidden:!0},p(`span`));drawer=p(`div`,{class:`drawer`,hidden:!0,tabindex:-1,role:`group`,"aria-label":`What is known of this result`});buttons;observer=new ResizeObserver(x(()=>this.view?.resize()));drawn=null;constructor(e){this.host=e;let t=t=>()=>e.onAction(this,t);this.buttons={info:v(`info`,`What is known of this result`,()=>this.toggleDrawer(),{"aria-expanded":`false`}),left:v(`left`,`Move left`,t(`left`)),right:v(`right`,`Move right`,t(`right`)),replace:v(`swap`,`Replace by another result`,t(`replace`)),save:v(`save`,`Save this picture`,t(`save`)),close:v(`close`,`Take this result away`,t(`close`))};let n=p(`div`,{class:`tile-actions`,role:`group`},...Object.values(this.buttons)),r=p(`header`,{class:`tile-head`},p(`div`,{class:`tile-names`},this.title,this.subtitle),n);this.body.append(this.picture,this.message,this.readout,this.drawer),this.element=p(`article`,{class:`tile`},r,this.meter,this.body,this.words,this.bar,this.caption),this.drawer.addEventListener(`keydown`,e=>{e.key===`Escape`&&(e.stopPropagation(),this.toggleDrawer(),this.buttons.info.focus())}),this.observer.observe(this.picture)}get solid(){return this.kind===`surface`||this.kind===`volume`}show(e,t){this.content=e;let{document:n,plan:r,slot:i,waiting:a}=e;this.broken?.document!==n&&(this.broken=null),this.showHead(e);let o=n&&r&&ly(n)&&!this.broken?sy(n,t||this.failed):null;o!==this.kind&&(o||!(i.loading||a))&&this.change(o),n&&r&&this.draw(n,r),this.showMessage(e),this.showFoot(e)}look(e){cy(this.view)&&this.view.setCamera(e)}dispose(){this.observer.disconnect(),this.view?.dispose(),this.element.remove()}change(e){if(this.view?.dispose(),this.view=null,this.kind=e,this.drawn=null,this.ready=!1,this.picture.replaceChildren(),this.showReadout(null),e){try{this.view=oy[e]({onCamera:(e,t)=>this.host.onCamera(this,e,t),onHover:e=>this.showReadout(e),onReady:()=>this.onReady(),onFailed:e=>this.fail(e)})}catch(e){return this.fail(e instanceof Error?e.message:String(e))}this.picture.append(this.view.element),this.home=cy(this.view)?this.view.getCamera():null}}draw(e,t){let n=this.drawn;if(n&&n[0]===e&&JSON.stringify(n[1])===JSON.stringify(t)||!this.view)return;let r=n===null;this.drawn=[e,t];try{this.view.update(e,t.look,t.shared),r&&this.content?.camera&&this.look(this.content.camera),b(this.words,this.view.describe())}catch(e){this.fail(e instanceof Error?e.message:String(e))}}fail(e){let t=this.solid;this.change(null),t&&!this.failed?(this.failed=!0,this.host.notice(`3-D stopped (${e}); drawn flat instead. Reload the page to try 3-D again.`),this.content&&this.show(this.content,!0)):(this.content?.document&&(this.broken={document:this.content.document,reason:e}),this.content&&this.showMessage(this.content))}onReady(){this.ready=!0,this.element.classList.add(`ready`),this.content&&this.showMessage(this.content),this.host.onReady(this)}showHead({title:e,entry:t,place:n,id:r}){b(this.title,e),this.title.title=e,this.element.setAttribute(`aria-label`,e),this.element.dataset.id=r,b(this.subtitle,t?[t.store,t.kind,t.dims].filter(Boolean).join(` · `):``),this.buttons.left.hidden=this.buttons.right.hidden=n.count<2,this.buttons.left.disabled=n.index===0,this.buttons.right.disabled=n.index===n.count-1,this.buttons.replace.hidden=n.series,this.buttons.close.hidden=n.series,this.buttons.info.disabled=this.content?.document===null,this.element.classList.toggle(`busy`,!!t?.live);let i=t!==null&&t.total>0&&t.done<t.total;this.meter.hidden=!i,i&&(this.meter.setAttribute(`aria-valuemax`,String(t.total)),this.meter.setAttribute(`aria-valuenow`,String(t.done)),this.meter.setAttribute(`aria-valuetext`,k(t)),this.meter.firstElementChild.style.width=`${100*t.done/t.total}%`)}showMessage({slot:e,document:t,id:n,entry:r,waiting:i}){if(this.picture.classList.toggle(`stale`,!!(e.error&&t)),e.error&&!t)return this.tell(`warn`,`This result cannot be shown`,r?.error??e.error,!0);if(this.broken)return this.tell(`warn`,`This result cannot be drawn`,this.broken.reason);if(!t||this.kind&&!this.ready)return this.tell(null,`Loading`,i||(r?.title??n));if(!this.kind&&this.view===null)return this.tell(`info`,`Nothing to draw yet`,`The first points are still being computed; they appear here by themselves.`);this.view&&this.message.replaceChildren(),e.error&&this.message.replaceChildren(p(`p`,{class:`stale-note`,text:`Not up to date: ${e.error}`}))}tell(e,t,n,r=!1){this.message.replaceChildren(p(`div`,{class:`card ${e??`loading`}`},e?_(e):p(`span`,{class:`spinner`,"aria-hidden":`true`}),p(`div`,{},p(`strong`,{text:t}),p(`p`,{text:n})),r&&p(`button`,{type:`button`,class:`button`,text:`Try again`,onclick:()=>this.host.onRetry(this)})))}showFoot({document:e,entry:t,bar:n}){let r=n?JSON.stringify(n):``;this.bar.dataset.key!==r&&(this.bar.dataset.key=r,this.bar.replaceChildren(...n?[Pe(n,320)]:[]));let i=t?k(t):``;b(this.caption,[i,e?.caption].filter(Boolean).join(` — `)),this.caption.title=e?.caption??``,!this.drawer.hidden&&e&&this.fillDrawer(e)}showReadout(e){this.host.onReadout(e),this.readout.hidden=e===null,e&&this.readout.replaceChildren(...e.lines.flatMap(([e,t])=>[p(`dt`,{text:e}),p(`dd`,{text:t})]))}toggleDrawer(){let e=this.content?.document;e&&(this.drawer.hidden=!this.drawer.hidden,this.buttons.info.setAttribute(`aria-expanded`,String(!this.drawer.hidden)),this.drawer.hidden||(this.fillDrawer(e),this.drawer.focus()))}fillDrawer({facts:e,caption:t,entry:n}){let r=`${n.id}\n${n.revision}`;if(this.drawer.dataset.key===r)return;this.drawer.dataset.key=r;let i=v(`close`,`Close`,()=>{this.toggleDrawer(),this.buttons.info.focus()});this.drawer.replaceChildren(p(`div`,{class:`drawer-head`},p(`h3`,{text:`What is known of this result`}),i),p(`p`,{text:t}),p(`dl`,{},...e.flatMap(({name:e,text:t})=>[p(`dt`,{text:e}),p(`dd`,{text:t})])))}},dy=class{host;linked;element=p(`div`,{class:`stage`});grid=p(`div`,{class:`tiles`});common=p(`div`,{class:`common-bar`});tiles=new Map;constructor(e,t){this.host=e,this.linked=t,this.element.append(this.grid,this.common)}all(){return[...this.tiles.values()]}show(e,t){let n=fy(e),r=this.tiles;this.tiles=new Map(e.map(e=>[e.key,r.get(e.key)??new uy(this.host)]));for(let[e,t]of r)this.tiles.has(e)||t.dispose();this.all().forEach((e,t)=>{let n=this.grid.children[t];n!==e.element&&this.grid.insertBefore(e.element,n??null)}),this.grid.dataset.count=String(e.length);for(let r of e){let e=n?null:r.plan?.bar??null;this.tiles.get(r.key).show({...r,bar:e},t)}let i=n?JSON.stringify(n):``;this.common.dataset.key!==i&&(this.common.dataset.key=i,this.common.replaceChildren(...n?[Pe(n,380)]:[]))}follow(e,t){for(let n of this.all())n!==e&&(this.linked()||e===null)&&n.look(t)}};function fy(e){let t=e.map(({plan:e})=>e?.bar).filter(e=>!!e);return t.length&&t.every(e=>e.key===t[0].key)?t[0]:null}var py=1280,my=15;function hy(e){let t=e.scene(),n=[];return(e.series()?.entries.length??0)>1&&n.push({value:`frames`,text:`the frames of the series`}),yt(t.documents)&&t.state.settings.tracks!==`off`&&n.push({value:`tracks`,text:`the time along the tracks`}),e.stage.all().some(({view:e})=>cy(e))&&n.push({value:`turntable`,text:`the camera around it`}),n}function gy(e,t){let n=getComputedStyle(document.documentElement),r=e=>n.getPropertyValue(e).trim(),i=e.filter(({view:e,content:t})=>e&&t),a=fy(i.filter(e=>e.solid).map(({content:e})=>e));return{plates:i.map(({view:e,content:t,solid:n})=>({title:t.title,caption:t.document?.caption??``,view:e,bar:a||!n?null:t.plan?.bar??null,width:Math.max(160,e.element.clientWidth),height:Math.max(120,e.element.clientHeight)})),bar:a,ground:r(`--ground`),ink:r(`--ink`),muted:r(`--muted`),captions:t}}function _y(e,t,n,r){e.time.stop();let{plates:i}=t(),a=Math.min(1,py/i.reduce((e,{width:t})=>e+t,0)),o=()=>ln(t(),a);if(n===`turntable`)return vy(e,o,r);let{state:s}=e.store,c=n===`frames`?e.series().entries.length:Math.round(r*my);return{count:c,seconds:n===`frames`?1/s.speed:1/my,at:t=>(e.store.slide(n===`frames`?{frame:t}:{settings:{...s.settings,time:t/(c-1)}}),e.render(),o()),end:()=>e.store.slide({frame:s.frame,settings:s.settings})}}function vy(e,t,n){let r=new Map(e.stage.all().flatMap(e=>cy(e.view)?[[e,e.view.getCamera()]]:[])),i=Math.round(n*my);return{count:i,seconds:1/my,at:e=>{for(let[t,n]of r)t.look({...n,azimuth:yy(n.azimuth,e/i)});return t()},end:()=>r.forEach((e,t)=>t.look(e))}}function yy(e,t){return((e+360*t+180)%360+360)%360-180}var by={png:{text:`PNG`,hint:`a picture`},svg:{text:`SVG`,hint:`lines and text`},gif:{text:`GIF`,hint:`a film`},video:{text:`Video`,hint:`a film`},obj:{text:`OBJ`,hint:`a mesh`},glb:{text:`glTF`,hint:`a mesh (.glb)`}},xy=[`3`,`6`,`12`].map(e=>({value:e,text:`${e} s`})),Sy=class extends Error{},Cy=class{notice;element=p(`dialog`,{class:`sheet save`,"aria-labelledby":`save-title`});page=null;format=`png`;what=``;scale=`2`;motion=`turntable`;seconds=`6`;captions=!0;busy=!1;stopped=!1;subject=Be(`What`,e=>this.pick({what:e}));formats=p(`div`,{class:`formats`,role:`radiogroup`,"aria-label":`Format`});sizes=ze(`Size`,[`1`,`2`,`4`].map(e=>({value:e,text:`${e} ×`})),e=>this.pick({scale:e}));moves=Be(`Motion`,e=>this.pick({motion:e}));length=ze(`Length`,xy,e=>this.pick({seconds:e}));words=Ve(`Captions`,e=>this.pick({captions:e}));note=p(`p`,{class:`hint`,role:`status`});go=p(`button`,{type:`button`,class:`button primary`},_(`save`),p(`span`,{text:`Save`}));meter=p(`progress`,{max:1,value:0,"aria-label":`progress`,hidden:!0});constructor(e){this.notice=e;let t=v(`close`,`Close`,()=>this.close());this.element.append(p(`div`,{class:`panel-head`},p(`h2`,{id:`save-title`,text:`Save`}),t),p(`div`,{class:`save-body`},this.formats,this.subject.element,this.sizes.element,this.moves.element,this.length.element,this.words.element),p(`div`,{class:`save-foot`},this.note,this.meter,this.go)),this.go.addEventListener(`click`,()=>this.busy?this.stopped=!0:void this.save()),this.element.addEventListener(`cancel`,e=>{this.busy&&e.preventDefault(),this.stopped=!0}),this.element.addEventListener(`click`,e=>{e.target===this.element&&this.close()})}open(e,t){!this.element.open&&e.stage.all().length&&(this.page=e,this.what=t?.content?.id??``,this.sync(),this.element.showModal())}close(){this.stopped=!0,this.busy||this.element.close()}pick(e){Object.assign(this,e),this.sync()}tiles(){let e=this.page.stage.all();return this.what?e.filter(e=>e.content?.id===this.what):e}against(e){let t=this.tiles();if(t.some(({view:e})=>!e))return`wait until everything is drawn`;if(e===`svg`&&t.some(({view:e})=>!e?.svg))return`for flat views and charts: switch Drawing to Flat`;if((e===`obj`||e===`glb`)&&!t.some(({view:e})=>e?.mesh))return`for surfaces and volumes in 3-D`;if(e===`gif`||e===`video`){if(e===`video`&&!Ft())return`this browser records no video; GIF works everywhere`;if(!hy(this.page).length)return`needs something that moves: 3-D, a series or tracks`}return``}sync(){let e=this.page.stage.all();this.subject.offer([{value:``,text:`everything shown`},...e.map(e=>({value:e.content.id,text:e.content.title}))]),e.some(e=>e.content?.id===this.what)||(this.what=``),this.subject.set(this.what),this.subject.element.hidden=e.length<2,this.against(this.format)&&(this.format=`png`),this.drawFormats();let t=hy(this.page);t.some(({value:e})=>e===this.motion)||(this.motion=t[0]?.value??`turntable`),this.moves.offer(t),this.moves.set(this.motion),this.sizes.set(this.scale),this.length.set(this.seconds),this.words.set(this.captions);let n=this.format===`gif`||this.format===`video`,r=this.format===`obj`||this.format===`glb`;this.sizes.element.hidden=this.format!==`png`,this.moves.element.hidden=!n,this.length.element.hidden=!n||this.motion===`frames`,this.words.element.hidden=r,b(this.note,this.against(this.format)||this.remark()),this.go.disabled=this.against(this.format)!==``}remark(){return this.format===`video`&&Ft()?.extension===`webm`?`WebM: this browser records no MP4.`:this.format===`video`?`MP4, recorded in real time once the pictures are drawn.`:this.format===`obj`||this.format===`glb`?`x and y in the units of the axes; the height as it is drawn.`:``}drawFormats(){let e=this.formats.contains(document.activeElement);this.formats.replaceChildren(...Object.entries(by).map(([e,{text:t,hint:n}])=>{let r=this.against(e),i=p(`input`,{type:`radio`,name:`save-format`,value:e,class:`visually-hidden`,disabled:r!==``});return i.checked=e===this.format,i.addEventListener(`change`,()=>this.pick({format:e})),p(`label`,{class:r?`format off`:`format`,title:r},i,p(`span`,{},p(`strong`,{text:t}),p(`small`,{text:n})))})),e&&this.formats.querySelector(`input:checked`)?.focus()}async save(){this.busy=!0,this.stopped=!1,this.meter.hidden=!1,this.meter.value=0,b(this.go.lastElementChild,`Stop`);try{await this.make(),this.element.close()}catch(e){e instanceof Sy||this.notice(`Nothing was saved: ${e instanceof Error?e.message:String(e)}`)}finally{this.busy=!1,this.meter.hidden=!0,b(this.go.lastElementChild,`Save`)}}async make(){let e=this.page,t=this.tiles();if(this.format===`obj`||this.format===`glb`)return this.saveMeshes(t);let n=()=>gy(this.tiles(),this.captions);if(this.format===`svg`)return Ty(new Blob([fn(n())],{type:`image/svg+xml`}),this.name(`svg`));if(this.format===`png`)return Ty(await Rt(await ln(n(),Number(this.scale))),this.name(`png`));let r=_y(e,n,this.motion,Number(this.seconds)),i={onProgress:(e,t)=>this.progress(e/t)};try{let e={...r,at:async e=>(this.check(),r.at(e))};this.format===`gif`?Ty(await Mt(e,i),this.name(`gif`)):Ty(await Lt(e,i),this.name(Ft().extension))}finally{r.end()}}saveMeshes(e){for(let t of e){let e=t.view?.mesh?.();if(!e)continue;let{title:n}=t.content;this.format===`obj`?Ty(new Blob([zt(e,n)],{type:`model/obj`}),wy([n],`obj`)):Ty(new Blob([Wt(e,n)],{type:`model/gltf-binary`}),wy([n],`glb`))}}progress(e){this.meter.value=e,this.check()}check(){if(this.stopped)throw new Sy}name(e){return wy(this.tiles().map(e=>e.content.title),e)}};function wy(e,t){return`${e.join(` and `).replace(/[^\p{L}\p{N}._ -]+/gu,`-`).replace(/^[-. ]+|[-. ]+$/g,``).slice(0,80)||`lossatlas`}.${t}`}function Ty(e,t){let n=URL.createObjectURL(e),r=p(`a`,{href:n,download:t,hidden:!0});document.body.append(r),r.click(),r.remove(),setTimeout(()=>URL.revokeObjectURL(n),6e4)}var Ey=class{root;buttons;live=p(`span`,{class:`connection`,hidden:!0},p(`span`,{class:`dot`}),p(`span`,{class:`connection-text`}));renderer=p(`span`,{class:`renderer`,hidden:!0});empty=p(`div`,{class:`empty`,hidden:!0});veil=p(`div`,{class:`veil`,hidden:!0});dialog;panels;main;emptyKey=``;constructor(e,t,n){this.root=e,this.panels={catalogue:t.catalogue,settings:t.settings},this.dialog=new Cy(e=>n.notices.say(e));let r=(e,t,n,r,i={})=>p(`button`,{type:`button`,class:`bar-button`,title:n,onclick:r,...i},_(e),p(`span`,{text:t}));this.buttons={catalogue:r(`list`,`Results`,`List of results (r)`,()=>this.toggle(`catalogue`),{"aria-expanded":`false`}),play:r(`frames`,`Play in time`,`Play these results one after another, on one scale`,()=>n.play(`chosen`)),save:r(`save`,`Save`,`Save a picture, a film or a mesh (e)`,()=>this.save(n,null)),theme:v(`moon`,`Dark`,()=>n.store.set({theme:n.theme()===`dark`?`light`:`dark`})),settings:r(`sliders`,`Settings`,`Settings (s)`,()=>this.toggle(`settings`),{"aria-expanded":`false`})};let i=v(`help`,`Keys and gestures (?)`,()=>n.showHelp()),a=p(`h1`,{class:`brand`},p(`span`,{class:`mark`,"aria-hidden":`true`}),`lossatlas`),o=p(`header`,{class:`top`},this.buttons.catalogue,a,this.live,p(`span`,{class:`spring`}),this.renderer,this.buttons.play,this.buttons.save,i,this.buttons.theme,this.buttons.settings);this.main=p(`main`,{class:`main`,"aria-label":`Results shown`},p(`div`,{class:`scene`},...t.stage,this.empty),t.foot),this.veil.addEventListener(`click`,()=>this.closePanels()),this.root.replaceChildren(o,p(`div`,{class:`middle`},t.catalogue,this.main,t.settings,this.veil),...t.around,this.dialog.element),addEventListener(`resize`,this.reflect),addEventListener(`keydown`,e=>{e.key===`Escape`&&!document.querySelector(`dialog[open]`)&&this.narrow()&&this.closePanels()})}narrow(){return innerWidth<900}toggle(e,t=this.panels[e].hidden){let n=this.panels[e],r=!t&&n.contains(document.activeElement);n.hidden=!t,t&&this.narrow()&&(this.panels[e===`catalogue`?`settings`:`catalogue`].hidden=!0),this.reflect(),r?this.buttons[e].focus():t&&this.narrow()&&n.querySelector(`.icon-button`)?.focus({preventScroll:!0})}afterChoice(){this.narrow()&&this.closePanels()}closePanels(){for(let e of[`catalogue`,`settings`])this.panels[e].hidden||this.toggle(e,!1)}reflect=()=>{for(let e of[`catalogue`,`settings`])this.buttons[e].setAttribute(`aria-expanded`,String(!this.panels[e].hidden));this.veil.hidden=this.panels.catalogue.hidden&&this.panels.settings.hidden,this.main.inert=!this.veil.hidden&&this.narrow()};save(e,t){this.dialog.open(e,t)}connection(e){this.live.hidden=e===null,this.live.dataset.state=e??``,b(this.live.lastElementChild,e===`lost`?`connection lost, trying again`:`live`)}remark(e){this.renderer.hidden=e===null,this.renderer.dataset.kind=e?.kind??``,b(this.renderer,e?.text??``),this.renderer.title=e?.why??``}show(e,t){let n=e.theme()===`dark`;y(this.buttons.theme,n?`sun`:`moon`,n?`Light (d)`:`Dark (d)`);let{ids:r,series:i}=e.store.state;this.buttons.play.hidden=i!==``||r.length<2,this.buttons.save.disabled=t!==null,this.empty.hidden=t===null;let a=JSON.stringify(t);if(a===this.emptyKey)return;if(this.emptyKey=a,!t)return this.empty.replaceChildren();let o={retry:[`Try again`,()=>e.retry()],list:[`Show the list`,()=>e.search()]};this.empty.replaceChildren(p(`div`,{class:`card`},t.title===`Loading`?p(`span`,{class:`spinner`,"aria-hidden":`true`}):_(`cube`),p(`div`,{},p(`h2`,{text:t.title}),S(t.text)),t.action&&p(`button`,{type:`button`,class:`button`,text:o[t.action][0],onclick:o[t.action][1]})))}};function Dy(e){return e instanceof HTMLElement?e.isContentEditable||e instanceof HTMLSelectElement||e instanceof HTMLTextAreaElement?!0:e instanceof HTMLInputElement&&!Oy(e)&&![`checkbox`,`radio`,`button`].includes(e.type):!1}function Oy(e){return e instanceof HTMLInputElement&&e.type===`range`}function ky(e,t){let n=new Map(e.flatMap(({shortcuts:e})=>e.flatMap(e=>e.keys.map(t=>[t,e])))),r=e=>{if(e.defaultPrevented||e.ctrlKey||e.metaKey||e.altKey||t()||Dy(e.target))return;let r=e.target;if((e.key===` `||e.key===`Enter`)&&r instanceof HTMLElement&&!Oy(r)&&r.closest(`button, a, label, input, summary`)||e.key.startsWith(`Arrow`)&&r!==document.body)return;let i=n.get(e.key);i&&(e.preventDefault(),i.run())};return addEventListener(`keydown`,r),()=>removeEventListener(`keydown`,r)}function Ay(e){let t=p(`dialog`,{class:`sheet help`,"aria-labelledby":`help-title`}),n=p(`div`,{class:`panel-head`},p(`h2`,{id:`help-title`,text:`Keys and gestures`}));n.append(v(`close`,`Close`,()=>t.close()));let r=e.map(({title:e,shortcuts:t})=>p(`section`,{},p(`h3`,{text:e}),p(`dl`,{},...t.map(({shown:e,text:t})=>p(`div`,{},p(`dt`,{},...e.map(e=>p(`kbd`,{text:e}))),p(`dd`,{text:t}))))));return t.append(n,p(`div`,{class:`help-columns`},...r)),t.addEventListener(`click`,e=>{e.target===t&&t.close()}),t}var jy=9e3,My=class{element=p(`div`,{class:`notices`,role:`status`,"aria-live":`polite`});standing=new Map;say(e){let t=this.make(e);setTimeout(()=>t.remove(),jy)}stand(e,t){this.standing.get(e)?.dataset.text!==t&&(this.takeBack(e),this.standing.set(e,this.make(t)))}takeBack(e){this.standing.get(e)?.remove(),this.standing.delete(e)}make(e){let t=p(`div`,{class:`notice`,"data-text":e},_(`info`),S(e));for(t.append(v(`close`,`Close this notice`,()=>t.remove())),this.element.append(t);this.element.children.length>4;)this.element.firstElementChild.remove();return t}};function Ny(e,t,n,r){let i=Array.isArray(e)?e:[e];return{keys:i,shown:r??i.map(e=>e===` `?`space`:e),text:t,run:n}}var Py=(e,t)=>({keys:[],shown:[e],text:t,run:()=>{}});function Fy(e,t){return e[(e.indexOf(t)+1)%e.length]}function Iy(e){let t=()=>e.store.state.settings,n=t=>e.store.set(t),r=[`auto`,...Object.keys(j)];return[{title:`Picture`,shortcuts:[Ny(`l`,`scale: automatic, linear, log`,()=>n({scale:Fy([`auto`,`linear`,`log`],t().scale)})),Ny(`m`,`next colour map`,()=>n({map:Fy(r,t().map)})),Ny(`c`,`contour lines`,()=>n({contours:!t().contours})),Ny(`f`,`contour map on the floor`,()=>n({floor:!t().floor})),Ny(`t`,`tracks: at their loss, dropped, off`,()=>n({tracks:Fy([`true`,`dropped`,`off`],t().tracks)})),Ny(`v`,`3-D or flat`,()=>n({mode:t().mode===`flat`?`auto`:`flat`})),Ny(`d`,`light or dark`,()=>n({theme:e.theme()===`dark`?`light`:`dark`}))]},{title:`Camera`,shortcuts:[Ny(`0`,`reset`,()=>e.standard(0)),Ny(`1`,`from the top`,()=>e.standard(1)),Ny(`2`,`from the front`,()=>e.standard(2)),Ny(`3`,`isometric`,()=>e.standard(3)),Py(`drag`,`turn; with shift or two fingers, move`),Py(`wheel`,`nearer or farther; pinch on a touch screen`),Py(`arrows`,`turn the focused picture, or move its cross-hair`)]},{title:`Time`,shortcuts:[Ny(` `,`play or pause`,()=>e.time.toggle()),Ny([`,`,`ArrowLeft`],`one back`,()=>e.time.step(-1),[`,`,`←`]),Ny([`.`,`ArrowRight`],`one on`,()=>e.time.step(1),[`.`,`→`])]},{title:`Page`,shortcuts:[Ny(`/`,`search results`,()=>e.search()),Ny(`r`,`list of results`,()=>e.frame.toggle(`catalogue`)),Ny(`s`,`settings`,()=>e.frame.toggle(`settings`)),Ny(`e`,`save a picture, a film or a mesh`,()=>e.frame.save(e,null)),Ny(`?`,`this sheet`,()=>e.showHelp()),Py(`esc`,`close a sheet or panel`),Py(`back`,`undo, by the browser's back button`)]}]}function Ly(e,t,n){return e+1<t?e+1:n&&t>1?0:null}function Ry(e,t,n,r){let i=e+t/n;return i<=1?i:e<1?1:r?0:null}var zy=class{tick;onChange;asked;last=0;constructor(e,t){this.tick=e,this.onChange=t}get running(){return this.asked!==void 0}start(){this.running||(this.last=performance.now(),this.asked=requestAnimationFrame(this.run),this.onChange())}stop(){this.asked!==void 0&&(cancelAnimationFrame(this.asked),this.asked=void 0,this.onChange())}run=()=>{let e=performance.now(),t=Math.min((e-this.last)/1e3,.5);this.last=e,this.tick(t)?this.asked=requestAnimationFrame(this.run):this.stop()}},By=[.5,1,2,4,8,16],Vy=class{element;play;slider=p(`input`,{type:`range`,"aria-label":`Place in time`});words=p(`output`,{class:`player-text`});speed=p(`select`,{"aria-label":`Frames per second`});loop;constructor(e,t,n){this.play=v(`play`,`Play`,()=>t.onPlay(),{class:`icon-button primary`}),this.loop=v(`loop`,`Begin again at the end`,()=>t.onLoop(this.loop.getAttribute(`aria-pressed`)!==`true`)),this.slider.addEventListener(`input`,()=>t.onSeek(this.slider.valueAsNumber)),this.speed.append(...By.map(e=>p(`option`,{value:e,text:`${e} / s`}))),this.speed.addEventListener(`change`,()=>t.onSpeed(Number(this.speed.value)));let r=v(`first`,`One back`,()=>t.onStep(-1)),i=v(`next`,`One on`,()=>t.onStep(1)),a=n&&v(`close`,`Stop playing in time`,()=>t.onClose());this.element=p(`div`,{class:`player`,role:`group`,"aria-label":e},r,this.play,i,this.slider,this.words,p(`span`,{class:`select small`},this.speed),this.loop,a)}show(e){y(this.play,e.playing?`pause`:`play`,e.playing?`Pause (space)`:`Play (space)`);let t=e.count===0;this.slider.min=`0`,this.slider.max=String(t?1:Math.max(1,e.count-1)),this.slider.step=t?`0.005`:`1`,this.slider.valueAsNumber=e.at,this.slider.style.setProperty(`--at`,`${100*e.at/Number(this.slider.max)}%`),this.slider.setAttribute(`aria-valuetext`,e.text),b(this.words,e.text),this.loop.setAttribute(`aria-pressed`,String(e.loop)),this.speed.parentElement.hidden=t,this.speed.value=String(By.reduce((t,n)=>Math.abs(n-e.speed)<Math.abs(t-e.speed)?n:t))}},Hy=6,Uy=class{store;now;element=p(`div`,{class:`times`});frames;tracks;frameClock;trackClock;waited=0;constructor(e,t,n){this.store=e,this.now=t,this.frameClock=new zy(e=>this.tickFrames(e),n),this.trackClock=new zy(e=>this.tickTracks(e),n),this.frames=new Vy(`Frames`,{onPlay:()=>this.toggleFrames(),onSeek:e=>this.store.slide({frame:e}),onStep:e=>this.step(e),onLoop:e=>this.store.step({loop:e}),onSpeed:e=>this.store.step({speed:e}),onClose:()=>{this.stop(),this.store.step({series:``,frame:0})}},!0),this.tracks=new Vy(`Time along the tracks`,{onPlay:()=>this.toggleTracks(),onSeek:e=>this.store.slideSettings({time:e}),onStep:e=>this.slideTracks(e/40),onLoop:e=>this.store.step({loop:e}),onSpeed:()=>{},onClose:()=>{}},!1),this.element.append(this.frames.element,this.tracks.element)}show(e,t){let{state:n}=t;if(this.frames.element.hidden=!e,e){let t=e.entries.length,r=Math.min(n.frame,Math.max(0,t-1)),i=`${e.entries[r]?.title.split(`/`).at(-1)??``} (${r+1} of ${t})`;this.frames.show({count:t,at:r,text:i,playing:this.frameClock.running,loop:n.loop,speed:n.speed})}else this.frameClock.stop();let r=yt(t.documents)&&n.settings.tracks!==`off`;if(this.tracks.element.hidden=!r,r){let e=n.settings.time;this.tracks.show({count:0,at:e,text:Ct(t.documents,e),playing:this.trackClock.running,loop:n.loop,speed:n.speed})}else this.trackClock.stop()}toggle(){this.now().frames?this.toggleFrames():this.tracks.element.hidden||this.toggleTracks()}step(e){let t=this.now().frames;if(!t)return this.slideTracks(e/40);this.frameClock.stop(),this.store.slide({frame:(this.frame()+e+t)%t})}stop(){this.frameClock.stop(),this.trackClock.stop()}frame(){return Math.min(this.store.state.frame,Math.max(0,this.now().frames-1))}toggleFrames(){if(this.frameClock.running)return this.frameClock.stop();Ly(this.frame(),this.now().frames,!1)===null&&this.store.slide({frame:0}),this.waited=0,this.frameClock.start()}tickFrames(e){if(this.waited+=e,this.waited<1/this.store.state.speed)return!0;this.waited=0;let t=Ly(this.frame(),this.now().frames,this.store.state.loop);return t!==null&&this.store.slide({frame:t}),t!==null}toggleTracks(){if(this.trackClock.running)return this.trackClock.stop();this.store.state.settings.time>=1&&this.store.slideSettings({time:0}),this.trackClock.start()}tickTracks(e){let t=Ry(this.store.state.settings.time,e,Hy,this.store.state.loop);return t!==null&&this.store.slideSettings({time:t}),t!==null}slideTracks(e){this.tracks.element.hidden||(this.trackClock.stop(),this.store.slideSettings({time:Math.min(1,Math.max(0,this.store.state.settings.time+e))}))}};function Wy(e,t,n){return t?{title:`The results cannot be listed`,text:t,action:`retry`}:e?e.entries.length?n?{title:`This series is not here`,text:`Choose another one from the list.`,action:`list`}:{title:`Nothing chosen`,text:`Choose up to 6 results; they are shown side by side.`,action:`list`}:{title:`No results yet`,text:"Run `lossatlas slice … --store PATH.zarr`: the result appears here while it is being computed.",action:null}:{title:`Loading`,text:`Asking what results there are.`,action:null}}function Gy({documents:e,solid:t}){return e.some(e=>e.field||e.volume)?av()===`none`?{kind:`flat`,text:`no WebGL here: drawn flat`,why:`This browser offers no WebGL, so results are drawn flat; hardware acceleration, in its settings, brings 3-D back.`}:av()===`hardware`||!t?null:{kind:`software`,text:`software 3-D`,why:`Drawn without a graphics processor, in lower quality while it moves. Settings has a high quality for still pictures.`}:null}var Ky=class{source;notices=new My;store;stage;frame;time;catalogue=null;documents;panel;controls;dark=matchMedia(`(prefers-color-scheme: dark)`);readout=p(`p`,{class:`visually-hidden`,role:`status`,"aria-live":`polite`});help;replacing=null;catalogueError=null;contents=[];ends=[];over=!1;draw=x(()=>this.over||this.render());speak;constructor(e,t,n){this.source=t,this.store=new pe(e=>e.forEach(e=>this.notices.say(e)),n),this.documents=new Dt(t,this.draw),this.stage=new dy(this,()=>this.store.state.linked),this.panel=new he({onShow:e=>this.choose(e),onAdd:e=>this.add(e),onTakeAway:e=>this.takeAway(e),onPlay:e=>this.play(e),onClose:()=>this.frame.toggle(`catalogue`,!1)}),this.controls=new gt(this.store,{onCamera:e=>this.lookFrom(e),onClose:()=>this.frame.toggle(`settings`,!1)}),this.time=new Uy(this.store,()=>({frames:this.series()?.entries.length??0,scene:this.scene()}),this.draw);let r=Iy(this);this.help=Ay(r),this.frame=new Ey(e,{catalogue:this.panel.element,settings:this.controls.element,stage:[this.stage.element,this.notices.element],foot:this.time.element,around:[this.readout,this.help]},this),this.ends.push(ky(r,()=>document.querySelector(`dialog[open]`)!==null)),this.store.listen((e,t)=>this.follow(e.camera,t.camera,e.ids.length>0)),this.dark.addEventListener(`change`,this.draw),this.ends.push(()=>this.dark.removeEventListener(`change`,this.draw)),this.start(n)}dispose(){this.over=!0,this.time.stop(),clearTimeout(this.speak);for(let e of this.ends)e();this.store.dispose(),this.stage.show([],!1)}start(e){let t=this.store.state.ids.length>0||this.store.state.series!==``;this.frame.toggle(`catalogue`,!t&&innerWidth>=900);let n=this.store.state.ids.length;this.frame.toggle(`settings`,innerWidth>=(n<2?1180:1700)),this.documents.want(this.store.state.ids),this.render(),this.learn(!t&&e===``);let r=this.source.watch(e=>{this.catalogue&&=C(this.catalogue,e);for(let t of e.entries)this.documents.changed(t);for(let t of e.gone)this.documents.gone(t);this.draw()},e=>this.connection(e));this.ends.push(r)}async learn(e){try{this.catalogue=await this.source.catalogue(),this.catalogueError=null;let t=this.catalogue.entries.filter(e=>e.error===null),n=t.find(e=>e.kind===`slice`)??t[0];e&&n&&!this.store.state.ids.length&&this.store.slide({ids:[n.id]})}catch(e){this.catalogueError=e instanceof Error?e.message:String(e)}this.draw()}connection(e){if(this.frame.connection(this.source.live?e:null),e===`lost`)return this.notices.stand(`lost`,"Connection lost, trying again. If `lossatlas view` was stopped, start it again and open the address that it prints.");this.notices.takeBack(`lost`),this.catalogueError&&this.learn(!1);for(let{id:e,slot:t}of this.contents)t.error&&this.documents.retry(e)}series(){let{series:e,ids:t}=this.store.state;return e===``||!this.catalogue?null:e===`chosen`?{key:`chosen`,title:``,entries:t.map(e=>this.entry(e)).filter(e=>e!==null)}:D(this.catalogue.entries).find(({key:t})=>t===e)??null}entry(e){return this.catalogue?.entries.find(t=>t.id===e)??this.documents.slot(e).document?.entry??null}document(e){return this.documents.slot(e).document}render(){let e=this.theme();document.documentElement.dataset.theme=e,document.querySelector(`meta[name="theme-color"]`)?.setAttribute(`content`,e===`dark`?`#0f1318`:`#ffffff`);let t=this.series();this.contents=t?this.playing(t):this.side(),this.stage.show(this.contents,this.store.state.settings.mode===`flat`);let n=this.scene();this.controls.sync(n),this.time.show(t,n);let{ids:r}=this.store.state;this.panel.show(this.catalogue?.entries??[],t&&t.key!==`chosen`?this.contents.map(({id:e})=>e):r,t?.key??``);let{catalogue:i,catalogueError:a}=this;this.frame.show(this,this.contents.length?null:Wy(i,a,this.store.state.series)),this.frame.remark(Gy(n)),b(document.head.querySelector(`title`),[...this.contents.map(({title:e})=>e),`lossatlas`].join(` · `))}side(){let{ids:e}=this.store.state;this.documents.want(e);let t=e.map(e=>this.document(e)),n=this.plans(t);return e.map((t,r)=>({...this.content(t,n[r]),key:t,place:{index:r,count:e.length,series:!1}}))}playing({entries:e,title:t}){let n=e.map(({id:e})=>e);if(this.documents.want(n),!n.length)return[];let r=n.map(e=>this.documents.slot(e)),i=r.filter(({document:e,error:t})=>e||t).length,a=Math.min(this.store.state.frame,n.length-1),o=this.content(n[a],i<n.length?null:this.plans(r.map(({document:e})=>e))[a]),s=o.title.startsWith(t)?o.title:`${t}: ${o.title}`,c={...o,key:`
series`,title:s,place:{index:0,count:1,series:!0}};return[i<n.length?{...c,document:null,slot:{...o.slot,error:null},waiting:`${i} of ${n.length} frames`}:c]}plans(e){let t=e.filter(e=>e!==null),{settings:n,linked:r}=this.store.state,i=ct(t,n,{theme:this.theme(),slow:av()===`software`,linked:r||this.store.state.series!==``});return e.map(e=>e?i[t.indexOf(e)]:null)}content(e,t){let n=this.documents.slot(e),r=this.entry(e),i=n.document&&sy(n.document,this.store.state.settings.mode===`flat`)===`flat`&&t?.bar?.scale===null&&t.look.color!==`evaluated`?{...t,bar:null}:t;return{id:e,entry:r,slot:n,document:n.document,plan:i,title:r?.title??e,waiting:``,bar:null,camera:this.store.state.camera}}theme(){let{theme:e}=this.store.state.settings;return e===`auto`?this.dark.matches?`dark`:`light`:e}scene(){let e=this.contents.filter(e=>e.document&&e.plan);return{state:this.store.state,documents:e.map(e=>e.document),plans:e.map(e=>e.plan),solid:this.stage.all().some(({solid:e})=>e),flatOnly:av()===`none`,tiles:this.contents.length}}onCamera(e,t,n){this.stage.follow(e,t),n&&(this.store.state.linked||this.contents.length<2)&&this.moved(t)}moved(e){this.following=!1,this.store.slide({camera:e}),this.following=!0}following=!0;follow(e,t,n){e!==t&&this.following&&n&&this.stage.follow(null,e??this.home()),this.draw()}home(){return this.stage.all().find(({home:e})=>e)?.home??t}lookFrom(e){let t=this.stage.all().find(({view:e})=>cy(e));if(!t)return;let n=cy(t.view)?t.view.getCamera():this.home(),r=e?{...this.home(),distance:n.distance,...e}:null;this.store.step({camera:r}),this.stage.follow(null,r??this.home())}standard(e){this.lookFrom(mt[e].camera)}onAction(e,t){let n=e.content?.id;n&&(t===`close`?this.takeAway(n):t===`replace`?this.ask(n):t===`save`?this.frame.save(this,e):this.move(n,t===`left`?-1:1))}onRetry(e){e.content&&this.documents.retry(e.content.id)}retry(){this.learn(!1)}onReadout(e){clearTimeout(this.speak),e&&(this.speak=setTimeout(()=>b(this.readout,e.lines.map(e=>e.join(` `)).join(`, `)),400))}onReady(e){document.documentElement.dataset.ready||(performance.mark(`lossatlas-ready`,{detail:e.content?.id}),document.documentElement.dataset.ready=String(Math.round(performance.now())))}notice(e){this.notices.say(e)}choose(e){let{ids:t}=this.store.state,n=this.replacing===null?-1:t.indexOf(this.replacing);if(n>=0&&t.includes(e))return this.notices.say(`${this.entry(e)?.title??e} is shown already; choose another one.`);this.ask(null),this.time.stop(),n>=0?this.store.step({ids:t.map((t,r)=>r===n?e:t),series:``}):this.store.step({ids:[e],series:``}),this.frame.afterChoice()}add(e){let{ids:t,series:n}=this.store.state,r=n&&n!==`chosen`?[]:t;if(r.length>=6)return this.notices.say(`6 results fit side by side; take one away first.`);this.time.stop(),this.store.step({ids:[...r.filter(t=>t!==e),e],series:``})}takeAway(e){if(this.ask(null),this.store.state.series&&this.store.state.series!==`chosen`)return this.play(``);this.store.step({ids:this.store.state.ids.filter(t=>t!==e)})}move(e,t){let n=[...this.store.state.ids],r=n.indexOf(e);[n[r],n[r+t]]=[n[r+t],n[r]],this.store.step({ids:n})}ask(e){this.replacing=e,this.panel.ask(e===null?``:`Choose a result to put in the place of ${this.entry(e)?.title??e}.`),e!==null&&this.search()}search(){this.frame.toggle(`catalogue`,!0),this.panel.focusSearch()}play(e){this.time.stop(),this.store.step({series:e,frame:0}),this.frame.afterChoice()}showHelp(){this.help.open||this.help.showModal()}},qy=`lossatlas-inlined`;function Jy(e=document){let t=e.getElementById(qy)?.textContent?.trim();return t?JSON.parse(t):null}function Yy(e){let t=new Map(e.documents.map(e=>[e.entry.id,e]));return{live:!1,catalogue:async()=>e.catalogue,document:async e=>{let n=t.get(e);if(!n)throw Error(`this page does not hold “${e}”; export it again with that result in the store`);return n},watch:(e,t)=>(t(`open`),()=>{})}}function Xy(e,t){let n=new Set(t.map(e=>e.id));return{entries:t.filter(t=>JSON.stringify(e.get(t.id))!==JSON.stringify(t)),gone:[...e.keys()].filter(e=>!n.has(e))}}var Zy=400,Qy=8e3;function $y(e,t=location.href){let n=new Map,r=e=>{for(let t of e.entries)n.set(t.id,t);for(let t of e.gone)n.delete(t)},i=async n=>{let r;try{r=await fetch(new URL(n,t),{headers:{"X-Lossatlas-Token":e},cache:`no-store`})}catch{throw Error("the server does not answer; is `lossatlas view` still running?")}if(!r.ok)throw Error(await eb(r));return await r.json()};return{live:!0,catalogue:async()=>{let e=await i(`api/catalogue`);return r(Xy(n,e.entries)),e},document:e=>i(`api/document/${encodeURIComponent(e)}`),watch:(i,a)=>{let o=e=>{r(e),(e.entries.length||e.gone.length)&&i(e)};return nb(tb(e,t),e=>{e.type===`catalogue`?o(Xy(n,e.entries)):e.type===`changed`&&o({entries:e.entries??[],gone:e.gone??[]})},a)}}}async function eb(e){if(e.status===401||e.status===403)return"the server does not know this page's token; open the address that `lossatlas view` printed when it started";try{let{error:t}=await e.json();if(t)return t}catch{}return`the server answered ${e.status} ${e.statusText}`.trim()}function tb(e,t){let n=new URL(`api/live`,t);return n.protocol=n.protocol===`https:`?`wss:`:`ws:`,n.search=`?token=${encodeURIComponent(e)}`,n.hash=``,n.href}function nb(e,t,n){let r=null,i=Zy,a,o=!1,s=()=>{clearTimeout(a);let c=r=new WebSocket(e);c.onmessage=e=>{i=Zy,n(`open`);let r=rb(e.data);r&&t(r)},c.onclose=()=>{o||c!==r||(n(`lost`),a=setTimeout(s,i*(.75+.5*Math.random())),i=Math.min(2*i,Qy))}},c=()=>{document.visibilityState===`visible`&&r?.readyState===WebSocket.CLOSED&&s()};return addEventListener(`online`,c),document.addEventListener(`visibilitychange`,c),s(),()=>{o=!0,clearTimeout(a),removeEventListener(`online`,c),document.removeEventListener(`visibilitychange`,c),r?.close()}}function rb(e){try{let t=JSON.parse(String(e));return typeof t==`object`&&t&&`type`in t?t:null}catch{return null}}var ib=Jy(),ab=ib?Yy(ib):$y(new URLSearchParams(location.search).get(`token`)??``);new Ky(document.getElementById(`app`),ab,ib?.view??``);