"""LeRobot's pickles as real ends write them, each made once with torch 2.13.0 and numpy 2.4.6, protocol 4 unless said.

The classes were stand-ins under LeRobot's own module name, with the fields of lerobot 0.4.4.
"""

from __future__ import annotations

from base64 import b85decode

ACTIONS = b85decode(
    "fCQCP0{{R300018lqifJY-Mt9VsCUVVRLzIV_#`*W@U0^ZewLGXk~10WpZ<rj0;q0ZDnLZV{~b6Zj_UhDS?!Ilqie|bZKp6b97;C"
    "aFj<tBme*a0001t2y|&}Wpi|8aFk02j0Rz2bZKvHl#C2?Z*pU3E?;$YX>4<pj1pgRWny({Y-C?_Wo~nCa$j~bl#`Swj16>ea${&N"
    "b98TVVP|EOj1XUJZ((F#W^!+BUt)Q5Wpk91ltL2$004jjiVAG}oJRQ|YN${dE`S0}=>sl+0)24+C|D2x003}uZ**^CZ){(7WpZ<A"
    "Z*Fk`P3Z$z4FCWDY-x0KY-L|%Ze(d;ZgB#LSPB3D0Cah9WnXh?dS!EQ1ATD>C|Csm0047nZ*p{T1xo^00{{R3X>N3J21^831ONa4"
    "Y;SI7aR*BTb#*R)0w`Dq0001UbZ>HDXJv5!V{~tFV`vISY;R$7Q*>`~VP|CuaRFEk0000vG%_|dGd49cF*PzUFmVD{0{{R3V{mnG"
    "14{-@ba4bxE`S1EaR68j0000vG%_|dGd49cF*PzUFmVB4E(QPq000000001hKL7v#KmY(hKmY)MKmY)sKmY*1K$L})Qj|*oO9O?J"
    "O96$HiHr+lZ)|L3V{~b6ZgZ533r})nWpZU?L}_Dml#`SxQj~O*Qj~RKXagyMlzo&aXa+|>B>(^b0001J2TKTO2xto^XbwUX0RRAi"
    "0*VT3{G3MlAZn;k87_bVP3Z$JfC7DS04P`x0001Ra&L5RV{dF<c4cyNX>V?E0Zr)xSPcLG0BmV=bZli`Wo~3?VQz5(h*$~$004A("
    "aAjX}X?kUIaRYsE1SnVq0001UXm4_KaRo~PSOWk60BLS?aRy5SSOfq70Bmn=XK@Eh1a);TfC4C32LJ#7b98TVVP|D=0AqA-a${%;"
    "Mr?0kbW?P1a$#p>3UL8g4gdfEIW#ghH8VCfGBGtWFfeffSOWk60Ap}<aRW;RPIPeuQ7(W2U2y<d4gdfEIW#ghH8VCfGBGtWFfefe"
    "VJ-#$0000000000fIk2L06+i$KtKQhfIt8Mpg;fsz(ACRlv0#S14{#iluH4Hl!<5-DN>Yllv0#+Vr4D"
)
"""[TimedAction(10.0, 7, [1, 2, 3]), TimedAction(10.5, 8, [4, 5, 6])], rows of one float32 tensor."""

WHOLE_NUMBERS = b85decode(
    "fCQEK0RR9100018l#Cy2WpZy~Z*(qUb9ruKUukY;WpZV1V`VOAWo&R|a&wf73sh-sWn@8PbZKvHl#`Sxfs}oeD2xeoX>Db5bYX39"
    "lt(}C00000004{#bZKp6b97~JluHMU24Q1#X>V?nj0|*da${&NUv+e8Y;%;15?^v<Vs&Y3WM6b;ZgX#PUv@H-lawfo4RmjEV`wgO"
    "bZ>HDXJwR(5MOL>VPs!sa&K*4VtI6BbCi>mLJ9!@0DuCD3T*tGM)@FWs8AU$fC5eF11^99eQ^LNSP%dJ0B~||bZ=vCY+rU|a&u{K"
    "ZgBxk=>u2|0001NX>@dKWnX1(WNBe;aRP`~3IG5Aba`-PUvp`CWpi-@eQ^XRSOow80CQ+>a&&P8O9EH}0001KZgg=5O9WU10001N"
    "Z*FIC2TKHXbuNGcC|Cyo0047zZ*pO0WpMywbZ>HFXbMbkZf8?;Z*pO0WeRZtSPlRH068==HZ?OgH8L?aGd4JJ0$2k8003ifb#Vhr"
    "0#0;s1W_)40$p(cSPlRH068==HZ?OgH8L?aGd4JJ0bwoz00000000010000000002000000001#g_Kg1O8`p(g_KJHg_Mbm3uA9="
    "Y-M9~X>V?Gl#B~ca%5$4Wn@HYV|0|0lqph_bd*w*bz)&I"
)
"""[TimedAction(1.0, 7, int64[1, 2])]."""

BFLOAT16 = b85decode(
    "fCQEC0RR9100018l#Cy2WpZy~Z*(qUb9ruKUukY;WpZV1V`VOAWo&R|a&wf73sh-sWn@8PbZKvHl#`Sxfs}oeD2xeoX>Db5bYX39"
    "lt(}C00000004{#bZKp6b97~JluHMU24Q1#X>V?nj0|*da${&NUv+e8Y;%;15?^v<Vs&Y3WM6b;ZgX#PUv@H-lawfo4RmjEV`wgO"
    "bZ>HDXJwR(5MOL>VPs!sa&K*4VtI6BbCi>mLIME*0DuCD3T*tGM)@FWs8AU$fC5eF11^99eQ^LNSP%dJ0B~||bZ=vCY+rU|a&u{K"
    "ZgBxk=>u2|0001NX>@dKWnX1(WNBe;aRP`~3IG5Aba`-PUvp`CWpi-@eQ^XRSOow80CQ+>a&&P8O9EH}0001KZgg=5O9WU10001N"
    "Z*FIC2TKHXbuNGcC|Cyo0047zZ*pO0WpMywbZ>HFXbM6`Y;R$7F*Z|lZ*pO0WeRZtSPlRH068==HZ?OgH8L?YI59SH0$2k8003if"
    "b#Vhr0#0;s1W_)40$p(cSPlRH068==HZ?OgH8L?YI59SH0bwoz000000001hKL9|Kg_Kg1O8`p(g_KJHg_Mbm3uA9=Y-M9~X>V?G"
    "l#B~ca%5$4Wn@HYV|0|0lqph_bd*w*bz)&I"
)
"""[TimedAction(1.0, 7, bfloat16[1, 2])]."""

OBSERVATION = b85decode(
    "fCQDc0RR910001tA8ciEZ(?tBE@5+dZew3*Zf0e2Wo~0-E@)+JaAk6Hl#CEmX>Da>PhxXra&}>KX>V?nlawielzo&aj0tpUZDn(G"
    "VQp}fM?eYy000000E`H9X>Db5bY*aqO9_k%Z(?(0a&}>KX>V?neUvDS3u<p^ZggKUE^u#ilt(|{00000004{yW^!+Cbd-!1Zgp*N"
    "c`jdLZ*pZWZFOvPX<>45VR@8{3}13(V{dMAbaHiLbd-~nj0J9WZE$&%j0bLHVRCX|d6bisO8|wGLjhuxhm=y3C`$oL0!so*1BaAo"
    "4vYn4ba`-Pl#`T<0(CKziHL`kQj{o51B?NDluk}gO8@`=|4RS=|Nlz>bd+L=Lks``0s{mE1_uZU3Ja8UlwynnVRCYmXbor(O8|wG"
    "XcC8%Qj{o50ZRjglxP=>0%kOniHL`kQj{o51B?MYluk}gO8@`=|4RS=|Nlz>bd+L=Lks`_00000fIk2L06>&<lwynobYXLAl#B#$"
    "X=7`Yi~)0$XbX%6b7Ns_VRDp{lxQYH1ONcQKa_@)Qj~R!2W@q8bYEw0l!$d=E&"
)
"""TimedObservation(3.25, 9, {joint_1.pos 0.5, front uint8[2, 2, 3], arr float32[3], task pick, s float32}, True)."""

OBSERVATION_PROTOCOL_5 = b85decode(
    "fCZHa0RR910001tA8ciEZ(?tBE@5+dZew3*Zf0e2Wo~0-E@)+JaAk6Hl#CEmX>Da>PhxXra&}>KX>V?nlawielzo&aj0tpUZDn(G"
    "VQp}fM?eYy000000E`H9X>Db5bY*aqO9_k%Z(?(0a&}>KX>V?neUyv^W^!+Cbd-z}Zgp*Nc`jdLZ*pZWZgp*Ca%p3fj0<08a&K*7"
    "b!KK|a+H&lD3%NW00000000010s{mE1_uZU3Ja8s1#We1aCwxB1!Q!2aAlN}l#Bv(F_ejjhm=y3C`$v30eqBBPEJby|Ns9=|NsC0"
    "O8|6~VoL%`0!ssjl#BsGlysC*lyi&+ZFO^WUuSQWh;?Ev"
)
"""TimedObservation(3.25, 9, {front uint8[2, 2, 3]}, True), pickled with protocol 5."""
